"""Tables with the columns, indexes and checks of ours, for bare statements that are measured as floors."""

import os

import psycopg
from uuid_utils.compat import uuid7

from billing.request_ids import time_of

PLAIN = "create table bare_{table} (like {table} including all)"
PARTITIONED = PLAIN + " partition by range (request_id)"
ROWS = "insert into bare_{table} select * from {table}"
# The partition that the bench's requests fall into, by the same function that makes ours.
PARTITION = """
    create table bare_{table}_now partition of bare_{table}
       for values from (month_boundary('{month}'))
                    to (month_boundary('{month}'::timestamptz + interval '1 month'))
"""


def make(table: str, *, with_rows: bool = False) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute(PLAIN.format(table=table).encode())
        if with_rows:
            connection.execute(ROWS.format(table=table).encode())


def make_partitioned(table: str) -> None:
    month = f"{time_of(uuid7()):%Y-%m}-01T00:00:00Z"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(PARTITIONED.format(table=table).encode())
        connection.execute(PARTITION.format(table=table, month=month).encode())
