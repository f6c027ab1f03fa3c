"""A measured ratio, its target, and how both are shown."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is judged against `target`; None: shown only. `floor` and `measured` are in `unit`."""

    name: str
    value: float
    target: float | None
    ok: bool
    floor: float | None
    measured: float
    unit: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A floor and what was measured right after it."""

    floor: float
    measured: float

    @property
    def ratio(self) -> float:
        return self.measured / self.floor


def at_least(name: str, pairs: Sequence[Pair], target: float | None, unit: str) -> Row:
    """The median ratio, which is to reach `target`."""
    row = _median(name, pairs, unit)
    return replace(row, target=target, ok=target is None or row.value >= target)


def at_most(name: str, pairs: Sequence[Pair], target: float | None, unit: str) -> Row:
    """The median ratio, which is not to exceed `target`."""
    row = _median(name, pairs, unit)
    return replace(row, target=target, ok=target is None or row.value <= target)


def as_json(rows: Iterable[Row]) -> str:
    return json.dumps({"rows": [asdict(row) for row in rows]})


def from_json(text: str) -> list[Row]:
    return [Row(**row) for row in json.loads(text)["rows"]]


def table(rows: Sequence[Row]) -> str:
    """The rows for people, one line each."""
    head = ("", "what", "value", "target", "floor", "measured", "unit")
    body = [_cells(row) for row in rows]
    widths = [max(len(cells[column]) for cells in [head, *body]) for column in range(len(head))]
    return "\n".join(_line(cells, widths) for cells in [head, *body])


def _median(name: str, pairs: Sequence[Pair], unit: str) -> Row:
    return Row(
        name=name,
        value=_rounded(statistics.median(pair.ratio for pair in pairs)),
        target=None,
        ok=True,
        floor=_rounded(statistics.median(pair.floor for pair in pairs)),
        measured=_rounded(statistics.median(pair.measured for pair in pairs)),
        unit=unit,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _cells(row: Row) -> tuple[str, ...]:
    mark = "" if row.target is None else "ok" if row.ok else "MISSED"
    numbers = [_number(number) for number in (row.value, row.target, row.floor, row.measured)]
    return (mark, row.name, *numbers, row.unit)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if 2 <= column <= 5 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()
