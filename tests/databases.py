"""A test session's own database: created, migrated and emptied by its owner."""

import os
from pathlib import Path
from typing import LiteralString

import psycopg
from django.conf import settings
from django.core.management import call_command
from psycopg import sql

_PRIVILEGES = Path(settings.BASE_DIR) / "config/stack/privileges.sql"
# Rows that migrations write and no test changes.
_LEFT_ALONE = ("django_migrations", "django_content_type", "auth_permission")
_TABLES = """
    select relname from pg_class
    where relnamespace = %s::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> all(%s)
    order by relname
"""


def connect_as_owner() -> psycopg.Connection:
    """Open an autocommit connection of the role that owns the tables."""
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True, options="-c lock_timeout=5s")


def create() -> None:
    """Create this worker's database as owner and migrate it; a left-over of an earlier session is dropped."""
    name = sql.Identifier(settings.DATABASES["default"]["NAME"])
    with psycopg.connect(os.environ["TEST_TEMPLATE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        connection.execute(sql.SQL("grant connect on database {} to app").format(name))
    with connect_as_owner() as connection:
        connection.execute(_PRIVILEGES.read_bytes())
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    _keep_seeded_rows()


def empty() -> None:
    """Delete every committed row but those that migrations seeded; triggers and foreign keys stay silent."""
    with connect_as_owner() as connection, connection.transaction():
        connection.execute("set local session_replication_role = replica")
        seeded = _tables(connection, "seeded")
        for table in _tables(connection, "public"):
            _execute(connection, "delete from {}", table)
            if table in seeded:
                _execute(connection, "insert into public.{0} select * from seeded.{0}", table)


def _keep_seeded_rows() -> None:
    with connect_as_owner() as connection:
        connection.execute("create schema seeded")
        for table in _tables(connection, "public"):
            if _execute(connection, "select from {} limit 1", table).rowcount:
                _execute(connection, "create table seeded.{0} as select * from public.{0}", table)


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    return [row[0] for row in connection.execute(_TABLES, [schema, list(_LEFT_ALONE)])]


def _execute(connection: psycopg.Connection, statement: LiteralString, table: str) -> psycopg.Cursor:
    return connection.execute(sql.SQL(statement).format(sql.Identifier(table)))
