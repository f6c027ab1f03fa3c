"""Raw SQL on Django's connections: server-side binding, binary results, prepared plans."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.rows import namedtuple_row, tuple_row

from billing.arrays import array, columns

__all__ = ["array", "columns", "fetch", "fetch_tuples", "run"]

Params = Mapping[str, Any] | Sequence[Any]
Row = Any


@contextmanager
def _cursor(*, named: bool) -> Iterator[psycopg.Cursor[Row]]:
    factory: Any = namedtuple_row if named else tuple_row
    # `django.db.connection` would look the thread's own up again for every attribute.
    django: Any = connections[DEFAULT_DB_ALIAS]
    with (
        django.wrap_database_errors,
        _connection(django) as connection,
        psycopg.Cursor(connection, row_factory=factory) as cursor,
    ):
        yield cursor


@contextmanager
def _connection(django: Any) -> Iterator[psycopg.Connection]:
    """Django's connection where the thread has one, as in a transaction; else the pool's, for one statement.

    Making one Django's and taking it away again costs three times as much as lending it.
    """
    if django.connection is not None or django.in_atomic_block or django.pool is None:
        django.ensure_connection()
        yield django.connection
        return

    django.pool.open()
    connection = django.pool.getconn()
    try:
        yield connection
    finally:
        django.pool.putconn(connection)


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
