"""A UTC month and its statement, which is only handed out where it adds up."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from billing.errors import Unacceptable
from usage.services import statements
from usage.services.statements import Statement

FIRST_YEAR: Final = 2000
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def since(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def until(self) -> datetime:
        """The first moment of the next month."""
        years, months = divmod(self.month, _MONTHS)
        return datetime(self.year + years, months + 1, 1, tzinfo=UTC)


def statement(*, customer_id: UUID, month: Month, now: datetime) -> Statement:
    """The month's statement; of a month that is not over, what was posted so far.

    Raises `Unacceptable` for one that has not begun.
    """
    if month.year < FIRST_YEAR:
        raise Unacceptable(f"must not be before the year {FIRST_YEAR}", field="month")
    if month.since > now:
        raise Unacceptable("has not begun yet", field="month")

    found = statements.of_customer(customer_id=customer_id, since=month.since, until=month.until)
    require_sums(found)
    return found


def require_sums(found: Statement) -> None:
    """Stop a statement that does not add up, from its opening balance line by line to its closing one."""
    balance = found.opening_balance_nanos
    for line in found.lines:
        balance += line.in_nanos - line.out_nanos
        assert line.balance_after_nanos == balance, "a line of a statement does not add up"
    assert found.closing_balance_nanos == balance, "a statement does not add up"
