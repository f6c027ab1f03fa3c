"""How many wrong codes a customer has tried in an hour, counted in Valkey.

Without Valkey nothing is counted and nothing is refused: a code has 70 random bits, so that this only ends a
nuisance, and credit must not depend on a cache.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from billing import valkey

log = structlog.get_logger()

MOST: Final = 10
WINDOW: Final = timedelta(hours=1)


def are_too_many(customer_id: UUID) -> bool:
    try:
        counted = valkey.client().get(_name(customer_id))
    except (RedisError, OSError) as error:
        log.warning("wrong codes not counted", error=str(error))
        return False
    return counted is not None and int(counted) >= MOST


def count(customer_id: UUID) -> None:
    """Count one; the hour begins with the first."""
    try:
        with valkey.client().pipeline() as pipeline:
            pipeline.incr(_name(customer_id))
            pipeline.expire(_name(customer_id), WINDOW, nx=True)
            pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("wrong codes not counted", error=str(error))


def _name(customer_id: UUID) -> str:
    return f"wrong-codes:{customer_id}"
