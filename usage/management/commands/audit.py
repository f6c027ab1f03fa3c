"""`manage.py audit`: recompute and re-rate everything, and say where the books are wrong."""

import json
import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from usage.audit import run
from usage.audit.run import Finding


class Command(BaseCommand):
    help = "Checks every invariant of the books; exits with 1 where one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        findings = run.audit(now=now)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(findings, now=now)))
        else:
            self._show(findings)
        if run.violations(findings):
            sys.exit(1)

    def _show(self, findings: list[Finding]) -> None:
        width = max(len(finding.invariant.name) for finding in findings)
        for finding in findings:
            mark = self.style.SUCCESS("ok") if not finding.count else self.style.ERROR("BROKEN")
            name = finding.invariant.name.ljust(width)
            self.stdout.write(f"{finding.count:>6}  {name}  {mark}  {finding.invariant.sentence}")
            for sample in finding.samples:
                self.stdout.write(f"{'':>8}{json.dumps(sample)}")
        broken = sum(1 for finding in findings if finding.count)
        self.stdout.write(
            self.style.SUCCESS(f"All {len(findings)} invariants hold.")
            if not broken
            else self.style.ERROR(f"{broken} of {len(findings)} invariants are broken.")
        )


def as_json(findings: list[Finding], *, now: datetime) -> dict[str, Any]:
    """The machine form: `violations` is 0 where the books are right."""
    return {
        "audited_at": now.isoformat(),
        "violations": run.violations(findings),
        "invariants": [
            {
                "name": finding.invariant.name,
                "sentence": finding.invariant.sentence,
                "count": finding.count,
                "samples": list(finding.samples),
            }
            for finding in findings
        ],
    }
