"""What happens to a database: too few connections, a full disk, a failover to a server that only reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from django.db import connections
from psycopg import sql

from tests import databases

# As a full disk does: the statement before it succeeded, and COMMIT fails.
FAILS_AT_COMMIT: LiteralString = """
    create function disk_is_full() returns trigger language plpgsql as
        $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$
"""
FAILING: LiteralString = """
    create constraint trigger disk_is_full after insert or update on {}
        deferrable initially deferred for each row execute function disk_is_full()
"""
IS_SLOW: LiteralString = """
    create function be_slow() returns trigger language plpgsql as
        'begin perform pg_sleep(60); return new; end'
"""
SLOW: LiteralString = "create trigger is_slow before insert on {} for each row execute function be_slow()"


def reconnect(**changed: Any) -> None:
    """Let all connections be made anew, with other options of the pool where some are given."""
    connections.close_all()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    connections.settings["default"]["OPTIONS"]["pool"].update(changed)


@contextmanager
def pool(size: int, timeout_s: float) -> Iterator[None]:
    """Have so many connections, and wait so long for one."""
    before = dict(connections.settings["default"]["OPTIONS"]["pool"])
    reconnect(max_size=size, timeout=timeout_s)
    try:
        yield
    finally:
        reconnect(**before)


@contextmanager
def failing_commits(owner: psycopg.Connection, table: str) -> Iterator[None]:
    """Let every transaction fail at its COMMIT that writes to `table`."""
    owner.execute(FAILS_AT_COMMIT)
    owner.execute(sql.SQL(FAILING).format(sql.Identifier(table)))
    try:
        yield
    finally:
        owner.execute("drop function disk_is_full cascade")


@contextmanager
def slow_inserts(owner: psycopg.Connection, table: str) -> Iterator[None]:
    """Let inserts into `table` take longer than any statement may, which is shorter than usual."""
    owner.execute(IS_SLOW)
    owner.execute(sql.SQL(SLOW).format(sql.Identifier(table)))
    with connections["default"].cursor() as cursor:
        cursor.execute("set statement_timeout = '200ms'")
    try:
        yield
    finally:
        owner.execute("drop function be_slow cascade")
        reconnect()


@contextmanager
def read_only() -> Iterator[None]:
    """Meet a server that only reads, as after a failover that went wrong."""
    name = sql.Identifier(connections.settings["default"]["NAME"])
    with databases.connect_as_owner() as owner:
        owner.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
    reconnect()
    try:
        yield
    finally:
        with databases.connect_as_owner() as owner:
            owner.execute("set default_transaction_read_only = off")
            owner.execute(sql.SQL("alter database {} reset default_transaction_read_only").format(name))
        reconnect()
