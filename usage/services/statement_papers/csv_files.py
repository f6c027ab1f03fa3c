"""A statement as CSV: numbers as numbers, to the last nano, and no text that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from billing.money import format_usd
from usage.services.statements import Line, Statement

COLUMNS: Final = (
    *("posted_at", "day", "kind", "reason", "model", "requests"),
    *("credited_usd", "debited_usd", "balance_usd", "owed_usd"),
)
# What spreadsheets take for the beginning of a formula.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def draw(found: Statement) -> bytes:
    """UTF-8 with a mark that spreadsheets need; the first and the last row are the balances."""
    opening = ("", found.since.date(), "opening_balance", "", "", "", "", "")
    closing = ("", found.until.date(), "closing_balance", "", "", "", "", "")
    owed = (format_usd(found.opening_owed_nanos), format_usd(found.closing_owed_nanos))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow([*opening, format_usd(found.opening_balance_nanos), owed[0]])
    writer.writerows(_rows(found.lines))
    writer.writerow([*closing, format_usd(found.closing_balance_nanos), owed[1]])
    return text.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Text that stays text when a spreadsheet opens it."""
    return f"'{text}" if text.startswith(_STARTS) else text


def _rows(lines: Iterable[Line]) -> Iterable[list[object]]:
    for line in lines:
        yield [
            line.posted_at.isoformat(),
            line.day_date,
            line.kind,
            harmless(line.reason),
            harmless(line.model or ""),
            "" if line.requests is None else line.requests,
            format_usd(line.in_nanos),
            format_usd(line.out_nanos),
            format_usd(line.balance_after_nanos),
            format_usd(line.owed_after_nanos),
        ]
