"""Whose a key is: what a process has read once it remembers, because a key keeps its customer and digest."""

from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from billing import sql

# Some 400 bytes each.
MOST_REMEMBERED: Final = 50_000

KEYS = "select digest, id, customer_id from api_key where digest = any(%s::bytea[])"

_known: dict[bytes, tuple[UUID, UUID]] = {}


def keys_of(digests: AbstractSet[bytes]) -> dict[bytes, tuple[UUID, UUID]]:
    """The `(api_key_id, customer_id)` of each digest that belongs to a key.

    A database trigger refuses to change them, and no key is deleted. A digest without a key is asked for
    again each time: its key may be made the next moment.
    """
    found = {digest: key for digest in digests if (key := _known.get(digest))}
    if len(found) < len(digests):
        read = _read(digests - found.keys())
        _remember(read)
        found |= read
    return found


def forget() -> None:
    """Drop what this process remembers."""
    _known.clear()


def _read(digests: AbstractSet[bytes]) -> dict[bytes, tuple[UUID, UUID]]:
    rows = sql.fetch_tuples(KEYS, [sql.array(list(digests))])
    return {bytes(digest): (key_id, customer_id) for digest, key_id, customer_id in rows}


def _remember(read: dict[bytes, tuple[UUID, UUID]]) -> None:
    if len(_known) + len(read) > MOST_REMEMBERED:
        _known.clear()
    _known.update(read)
