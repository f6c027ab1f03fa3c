"""Raw SQL on Django's own connection: server-side binding, binary results, prepared plans."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import namedtuple_row, tuple_row

from billing.arrays import array, columns

__all__ = ["array", "columns", "fetch", "fetch_tuples", "run"]

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
