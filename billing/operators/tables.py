"""A table on the page of one row."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """It is shown where it has rows; cells are text, or safe markup."""

    heading: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]
