"""The database's own clock, moved along with the history's: a trigger on prices compares with `now()`.

A schema that comes before pg_catalog in the search path has a `now()` of its own; nothing else of it is used.
"""

from datetime import datetime

from django.conf import settings
from psycopg import sql as composed

from billing import sql
from tests import databases

CREATE = """
    create schema if not exists drill;
    create or replace function drill.now() returns timestamptz language sql stable as $$
        select coalesce(nullif(current_setting('drill.now', true), '')::timestamptz, pg_catalog.now())
    $$;
    grant usage on schema drill to {};
"""


def install() -> None:
    """Create the movable clock in this database, as its owner."""
    role = settings.DATABASES["default"]["USER"]
    with databases.connect_as_owner() as connection:
        connection.execute(composed.SQL(CREATE).format(composed.Identifier(role)))


def use() -> None:
    """Let this connection's statements see the movable clock, which shows the real time until moved."""
    sql.run("set search_path = drill, pg_catalog, public")
    sql.run("select set_config('drill.now', '', false)")


def move(to: datetime) -> None:
    sql.run("select set_config('drill.now', %s::timestamptz::text, false)", [to])


def put_away() -> None:
    sql.run("reset search_path")
