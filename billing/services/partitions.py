"""Monthly partitions of `hold` and `charge` by the time in their request ids."""

from datetime import datetime
from uuid import UUID

from billing import request_ids, sql

LAST_DAY = """
    select min(until) as until
      from (select parent.relname,
                   max(substring(pg_get_expr(part.relpartbound, part.oid)
                                 from 'TO \\(''([0-9a-f-]+)''\\)')) as until
              from pg_inherits
              join pg_class part on part.oid = pg_inherits.inhrelid and part.relkind = 'r'
              join pg_class parent on parent.oid = pg_inherits.inhparent and parent.relkind = 'p'
             where parent.relname in ('hold', 'charge')
             group by parent.relname) as parents
"""


def ensure(*, now: datetime) -> None:
    """Create the partitions from two months back to three months ahead, where they are missing.

    The application may not create tables; the function runs with the owner's rights.
    """
    sql.fetch("select ensure_partitions(%s::timestamptz) as created", [now])


def covered_until() -> datetime | None:
    """Up to which moment request ids have a partition in both tables."""
    until = sql.fetch(LAST_DAY)[0].until
    return request_ids.time_of(UUID(until)) if until else None
