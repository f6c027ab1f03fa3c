"""The request ids of correcting charges: made from what they correct, so that one correction has one id.

A correction stands in the millisecond of the request that it corrects: in the same partition, in the same UTC
day's totals, and within every range of request ids that has the request.
"""

import hashlib
from typing import NamedTuple
from uuid import UUID

_RANDOM_BITS = 80
_VERSION_AND_VARIANT = 7 << 76 | 2 << 62
_WITHOUT_THEM = (1 << 76) - 1 - (3 << 62)


class Span(NamedTuple):
    """The first and the last id that a millisecond has."""

    first: UUID
    last: UUID


def of_correction(request_id: UUID, cause: str, price_version_id: int) -> UUID:
    """The id of the charge that corrects `request_id` for `cause` at one price version: always the same.

    The charge's primary key then keeps the same correction from being charged twice.
    """
    digest = hashlib.sha256(f"{request_id} {cause} {price_version_id}".encode()).digest()
    random = int.from_bytes(digest) & _WITHOUT_THEM | _VERSION_AND_VARIANT
    return UUID(int=request_id.int >> _RANDOM_BITS << _RANDOM_BITS | random)


def span(request_id: UUID) -> Span:
    """Where a request stands with all its corrections."""
    first = request_id.int >> _RANDOM_BITS << _RANDOM_BITS
    return Span(UUID(int=first), UUID(int=first | (1 << _RANDOM_BITS) - 1))
