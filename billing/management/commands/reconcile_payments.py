"""`manage.py reconcile_payments`: what a payment provider's books and ours do not agree on."""

import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.errors import BillingError
from billing.models import PaymentDiscrepancy
from billing.payments.names import ProviderName
from billing.services.payment_reconciliation import run
from billing.services.payment_reconciliation.run import Reconciled


class Command(BaseCommand):
    help = (
        "Compare a day of a payment provider's own books with ours, line by line; ask again about what we "
        "lack, post its fees and payouts, keep what differs. Without --date: the last day that is over there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", choices=ProviderName.values, required=True)
        parser.add_argument("--date", type=_day, metavar="DAY", help="UTC for Stripe, Shanghai for Alipay")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *_args: Any, provider: str, date: date | None, **options: Any) -> None:
        now = timezone.now()
        try:
            done = run.reconcile(provider=provider, day=date, now=now)
        except BillingError as error:
            raise CommandError(f"{error.code}: {error.detail}", returncode=2) from error

        if options["json"]:
            self.stdout.write(json.dumps(_as_json(done)))
        else:
            self._show(done)

    def _show(self, done: Reconciled) -> None:
        self.stdout.write(f"{done.day.provider.label}, {done.day.date}: {done.lines} lines")
        self.stdout.write(f"{done.compared.matched:>8}  matched")
        for kind in PaymentDiscrepancy.Kind:
            self.stdout.write(f"{done.compared.count(kind.value):>8}  {kind.value}: {kind.label}")
        for each in done.compared.differences:
            ours, theirs = _minor(each.ours_minor), _minor(each.theirs_minor)
            self.stdout.write(
                f"          {each.kind} {each.about} {each.key}: ours {ours}, theirs {theirs} {each.currency}"
            )
        self.stdout.write(f"{done.posted:>8}  fees and payouts posted")
        late = done.uncleared
        self.stdout.write(f"{len(late.late):>8}  not cleared in time, {_minor(late.amount_minor)} in all")


def _as_json(done: Reconciled) -> dict[str, Any]:
    return {
        "provider": done.day.provider.value,
        "date": str(done.day.date),
        "lines": done.lines,
        "matched": done.compared.matched,
        **{kind.value: done.compared.count(kind.value) for kind in PaymentDiscrepancy.Kind},
        "posted": done.posted,
        "uncleared": {"count": len(done.uncleared.late), "amount": _minor(done.uncleared.amount_minor)},
        "differences": [
            {
                "kind": each.kind,
                "about": each.about,
                "key": each.key,
                "ours": _minor(each.ours_minor),
                "theirs": _minor(each.theirs_minor),
                "currency": each.currency,
                "customer_id": str(each.customer_id) if each.customer_id else None,
            }
            for each in done.compared.differences
        ],
    }


def _minor(amount: int | None) -> str | None:
    """Cents or fen as a decimal; both providers count in currencies with two places."""
    if amount is None:
        return None
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:02}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("must look like 2026-11-23") from None
