"""`manage.py replay`: an hour of recorded traffic through the real HTTP API, and what it cost."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.money import format_usd, parse_usd
from catalog.decimals import parse_fixed
from usage.replay import run, serve, trace
from usage.replay.deal import Faults
from usage.replay.errors import ReplayError
from usage.replay.run import Order, Report

MOST_CREDIT_NANOS = 1_000_000 * 10**9


class Command(BaseCommand):
    help = (
        "Send TRACE (TIMESTAMP,ContextTokens,GeneratedTokens) through the API: hold, then usage, row after "
        "row, as fast as the service answers. Fresh customers are signed up for it. Exits with 1 where the "
        "audit fails or an event was lost, with 2 where what is asked for cannot be."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("trace", metavar="TRACE.csv", type=Path)
        parser.add_argument("--model", required=True, help="the model's id in the catalogue")
        parser.add_argument("--customers", required=True, type=_count(100_000), metavar="N")
        parser.add_argument(
            "--credit", required=True, type=_usd, metavar="USD", help="granted to each customer"
        )
        parser.add_argument(
            "--concurrency", type=_count(256), default=16, metavar="C", help="holds in flight"
        )
        parser.add_argument(
            "--overshoot",
            type=_hundredths,
            default=0,
            metavar="P",
            help="percent of the events that report more output than their bound",
        )
        parser.add_argument(
            "--lose",
            type=_count(1_000_000, least=0),
            default=0,
            metavar="N",
            help="usage reports that get lost",
        )
        parser.add_argument(
            "--misreport",
            type=_count(1_000_000, least=0),
            default=0,
            metavar="N",
            help="events with a reported_cost that is a nano too much; then all others report theirs, too",
        )
        parser.add_argument("--reconcile", action="store_true", help="end with a reconciliation of the run")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="who makes which request")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--url", type=_url, help="a running service on the same database")
        where.add_argument(
            "--serve", action="store_true", help="start a throw-away service, and stop it again"
        )
        parser.add_argument("--json", action="store_true", help="print the totals as one line of JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rows = trace.read(options["trace"])
            if options["serve"]:
                serve.again(sys.argv, instead_of="--serve")
            report = run.replay(
                Order(
                    rows=rows,
                    model=options["model"],
                    customers=options["customers"],
                    credit_nanos=options["credit"],
                    concurrency=options["concurrency"],
                    seed=options["seed"],
                    url=options["url"],
                    faults=Faults(options["overshoot"], options["lose"], options["misreport"]),
                    reconciles=options["reconcile"],
                ),
                say=self.stderr.write,
            )
        except ReplayError as error:
            raise CommandError(str(error), returncode=error.exit_status) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=130) from None

        self.stdout.write(json.dumps(report.as_json()) if options["json"] else _told(report))
        if not report.is_right:
            sys.exit(1)


def _told(report: Report) -> str:
    lines = []
    for name, value in report.as_json().items():
        shown = f"${format_usd(int(value))}" if name.endswith("_nanos") else str(value)
        lines.append(f"{name.removesuffix('_nanos'):<20} {shown}")
    return "\n".join(lines)


def _count(most: int, *, least: int = 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text[:10]) <= most:
            return int(text)
        raise ArgumentTypeError(f"must be a whole number from {least} to {most}")

    return read


def _usd(text: str) -> int:
    try:
        return parse_usd(text, maximum=MOST_CREDIT_NANOS)
    except ValueError as error:
        raise ArgumentTypeError(f"US dollars: {error}") from None


def _hundredths(text: str) -> int:
    try:
        return parse_fixed(text, 2, 100_00)
    except ValueError as error:
        raise ArgumentTypeError(f"percent: {error}") from None


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
        raise ArgumentTypeError("must look like http://127.0.0.1:8000")
    return text
