"""What the tests of the table "What usage can meet" ask: a gateway's answers, and what was charged."""

from typing import Any

from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.services.reports import Report

ACCEPTED: list[tuple[str, str | None]] = [("accepted", None)]
DUPLICATE: list[tuple[str, str | None]] = [("duplicate", None)]
CONFLICT: list[tuple[str, str | None]] = [("conflict", None)]


def answers(*reports: Report, **how: Any) -> list[tuple[str, str | None]]:
    return [(each.result, each.code) for each in cast.send(*reports, **how)]


def spent(who: cast.Player) -> int:
    """Output tokens charged so far, paid or owed, of a player who had a dollar."""
    wallet = who.wallet()
    return (USD - wallet.balance_nanos + wallet.debt_nanos) // OUTPUT_TOKEN
