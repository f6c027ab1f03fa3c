"""Reading a trace: a CSV with the input and output tokens of one request in each row."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from usage.replay.errors import BadTrace

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
MOST_TOKENS = 1_000_000_000


class Row(NamedTuple):
    input: int
    output: int


def read(path: Path) -> list[Row]:
    """Read a whole trace; raises `BadTrace` with the line that is wrong. TIMESTAMP is not looked at."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.reader(file, strict=True)))
    except OSError as error:
        raise BadTrace(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadTrace(f"{path}: not UTF-8 text") from error
    except csv.Error as error:
        raise BadTrace(f"{path}: not a CSV file: {error}") from error
    except BadTrace as error:
        raise BadTrace(f"{path}: {error}") from None
    if not rows:
        raise BadTrace(f"{path}: no rows below the header")
    return rows


def _rows(lines: Iterator[Sequence[str]]) -> Iterator[Row]:
    header = tuple(next(lines, ()))
    if header != COLUMNS:
        raise BadTrace(f"line 1: the header must be {','.join(COLUMNS)}")

    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        if len(cells) != len(COLUMNS):
            raise BadTrace(f"line {number}: {len(cells)} cells instead of {len(COLUMNS)}")
        yield Row(_tokens(cells[1], number), _tokens(cells[2], number))


def _tokens(cell: str, number: int) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 10 and int(cell) <= MOST_TOKENS):
        raise BadTrace(f"line {number}: {cell[:40]!r} is not a number of tokens")
    return int(cell)
