"""Which gateway calls, remembered for a few seconds so that a hot path costs no query."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts import key_format
from accounts.models import ServiceToken
from accounts.services import service_tokens

REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Caller:
    gateway_id: int
    gateway: str
    token_id: int
    scopes: frozenset[str]


class RecentCallers:
    """Callers by the digest of their token, for `REMEMBERED_SECONDS` at most; refusals are never kept."""

    def __init__(self, *, size: int = MOST_REMEMBERED, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[bytes, tuple[float, Caller]] = {}

    def identify(self, secret: str, *, now: datetime) -> Caller | None:
        """Return who calls with this secret; without a query if it is malformed or was seen a moment ago."""
        if not secret.isascii():
            return None
        digest = key_format.digest_of(secret)
        # Time runs from before the query: a revocation that commits during it is seen as soon as any other.
        asked_at = self._clock()
        entry = self._entries.get(digest)
        if entry is not None and asked_at < entry[0]:
            return entry[1]

        token = service_tokens.find_live(secret=secret, now=now)
        if token is None:
            return None
        caller = Caller(token.gateway_id, token.gateway.name, token.pk, frozenset(token.scopes))
        self._remember(digest, asked_at + _seconds_valid(token, now), caller)
        return caller

    def forget(self) -> None:
        with self._lock:
            self._entries.clear()

    def _remember(self, digest: bytes, until: float, caller: Caller) -> None:
        with self._lock:
            self._entries.pop(digest, None)
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[digest] = (until, caller)


def _seconds_valid(token: ServiceToken, now: datetime) -> float:
    if token.expires_at is None:
        return REMEMBERED_SECONDS
    return min(REMEMBERED_SECONDS, (token.expires_at - now).total_seconds())
