"""One worker at a time for work that waits for somebody far away, so that the others go on with theirs.

A courtesy and no lock: without Valkey everybody has the shift, and what is done must be right then too.
"""

from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from billing import valkey

log = structlog.get_logger()


def take(name: str, *, lapses_after: timedelta) -> bool:
    """Whether the shift is the caller's; it ends by itself, should the caller die with it."""
    try:
        return bool(valkey.client().set(_flag(name), 1, nx=True, ex=lapses_after))
    except (RedisError, OSError) as error:
        log.warning("nobody knows whose shift it is", shift=name, error=str(error))
        return True


def end(name: str, *, after: timedelta = timedelta(0)) -> None:
    """Let the next one have the shift, at once or after a pause."""
    try:
        if after:
            valkey.client().set(_flag(name), 1, ex=after)
        else:
            valkey.client().delete(_flag(name))
    except (RedisError, OSError) as error:
        log.warning("shift not ended; it lapses by itself", shift=name, error=str(error))


def _flag(name: str) -> str:
    return f"shift:{name}"
