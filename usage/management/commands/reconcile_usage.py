"""`manage.py reconcile_usage`: what gateways and books do not agree on."""

import json
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.money import format_usd
from usage.errors import UsageError
from usage.models import DiscrepancyKind
from usage.services.reconciliation import report, run
from usage.services.reconciliation.report import Group
from usage.services.reconciliation.run import Period

SHOWN = 3


class Command(BaseCommand):
    help = (
        "Compare what gateways reported with what was held and charged, keep what does not agree, and print "
        "what is open, by kind, gateway and model. Without --from and --to: the requests since the last run, "
        "and everything that is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", type=_moment, dest="from_at", metavar="TIME", help="UTC, ISO 8601")
        parser.add_argument("--to", type=_moment, dest="until_at", metavar="TIME", help="UTC, ISO 8601")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(
        self, *_args: Any, from_at: datetime | None, until_at: datetime | None, **options: Any
    ) -> None:
        now = timezone.now()
        try:
            usual = run.since_last_run(now=now)
            period = Period(from_at or usual.from_at, until_at or usual.until_at)
            done = run.reconcile(period, now=now)
        except UsageError as error:
            raise CommandError(error.detail, returncode=2) from error

        groups = report.open_groups(period if from_at or until_at else None)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(done, groups)))
        else:
            self._show(groups)

    def _show(self, groups: list[Group]) -> None:
        for kind in DiscrepancyKind:
            those = [group for group in groups if group.kind == kind]
            self.stdout.write(f"{sum(group.count for group in those):>8}  {kind}: {kind.label}")
            for group in those:
                amount = "" if group.amount_nanos is None else f", ${format_usd(group.amount_nanos)}"
                some = ", ".join(str(request_id) for request_id in group.request_ids[:SHOWN])
                more = " …" if group.count > SHOWN else ""
                self.stdout.write(f"{'':>10}{group.count} of {group.gateway}, {group.model}{amount}")
                self.stdout.write(f"{'':>12}{some}{more}")
        total = sum(group.count for group in groups)
        self.stdout.write(f"{total} open discrepancies." if total else "Nothing is open.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("must look like 2026-11-23 or 2026-11-23T12:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
