"""Request ids are UUIDv7 minted by the gateway: their first 48 bits are their time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from billing import arrays
from billing.errors import Unacceptable

OLDEST = timedelta(days=35)
FURTHEST_AHEAD = timedelta(minutes=5)
# Version 7, variant of RFC 9562.
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SCHEMA = {
    "type": "string",
    "format": "uuid",
    "pattern": f"^{_CANONICAL.pattern}$",
    "description": "UUIDv7 in canonical lower-case text.",
}
# 48 bits reach beyond the last year that a datetime can say.
_LAST_MILLISECOND = 253_402_300_799_999


def parse(text: object, *, field: str = "request_id") -> UUID:
    """Read a UUIDv7 in canonical lower-case text, or raise `Unacceptable`."""
    if isinstance(text, str) and _CANONICAL.fullmatch(text):
        return UUID(text)
    raise Unacceptable("must be a UUIDv7 in canonical lower-case text", field=field)


def parse_all(texts: Sequence[Any], *, field: str = "request_id") -> list[UUID]:
    """Read many as `parse` reads each, but make no id from its text, which takes most of the time."""
    if set(map(type, texts)) <= {str} and all(map(_CANONICAL.fullmatch, texts)):
        return arrays.ids(bytes.fromhex("".join(texts).replace("-", "")))
    return [parse(text, field=field) for text in texts]


def time_of(request_id: UUID) -> datetime:
    """The moment, in UTC and to the millisecond, that the gateway wrote into the id; at most year 9999."""
    milliseconds = min(request_id.int >> 80, _LAST_MILLISECOND)
    return datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=milliseconds)


def span(request_ids: Sequence[UUID]) -> tuple[UUID, UUID]:
    """The first and the last of some ids, by which PostgreSQL finds the months they lie in."""
    numbers = [request_id.int for request_id in request_ids]
    return UUID(int=min(numbers)), UUID(int=max(numbers))


def is_in_window(request_id: UUID, *, now: datetime) -> bool:
    """Whether the id's time lies within [now - 35 days, now + 5 minutes]."""
    return now - OLDEST <= time_of(request_id) <= now + FURTHEST_AHEAD
