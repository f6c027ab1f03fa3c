"""Raw SQL on Django's own connection: server-side binding, binary results, prepared plans."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.rows import namedtuple_row, tuple_row

Params = Mapping[str, Any] | Sequence[Any]
Row = Any


@contextmanager
def _cursor(*, named: bool) -> Iterator[psycopg.Cursor[Row]]:
    connection.ensure_connection()
    assert connection.connection is not None
    factory: Any = namedtuple_row if named else tuple_row
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection, row_factory=factory) as cursor,
    ):
        yield cursor


def fetch(query: str, params: Params | None = None) -> list[Row]:
    """All rows of a statement as named tuples."""
    with _cursor(named=True) as cursor:
        return cursor.execute(query, params, binary=True).fetchall()


def fetch_tuples(query: str, params: Params | None = None) -> list[tuple[Any, ...]]:
    """All rows as plain tuples, for large results."""
    with _cursor(named=False) as cursor:
        return cursor.execute(query, params, binary=True).fetchall()


def run(query: str, params: Params | None = None) -> int:
    """Execute a statement and return how many rows it touched."""
    with _cursor(named=False) as cursor:
        return cursor.execute(query, params).rowcount


def columns(table: Iterable[Sequence[object]]) -> list[object]:
    """Rows turned into one array parameter for each column, for `unnest`."""
    return [array(column) for column in zip(*table, strict=True)]


def array(values: Sequence[object]) -> object:
    """An array parameter; ids, integers and moments as the server's own array text.

    That costs a twentieth of the driver's array dumper. None of them can hold a character to be quoted; all
    else is left to the driver.
    """
    first = next((value for value in values if value is not None), None)
    if first is None or (isinstance(first, UUID | int | datetime) and not isinstance(first, bool)):
        return "{" + ",".join(["null" if value is None else str(value) for value in values]) + "}"
    return list(values)
