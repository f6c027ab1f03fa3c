"""What a gateway asks for, and what it is told."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from catalog.rating import Bounds

DEFAULT_TTL_S = 15 * 60
SHORTEST_TTL_S = 60
LONGEST_TTL_S = 24 * 3600


@dataclass(frozen=True)
class HoldRequest:
    """`min_output`: clamp the output bound to what credit buys, down to this many tokens; None: never."""

    request_id: UUID
    key_digest: bytes
    model: str
    bounds: Bounds
    gateway_id: int
    min_output: int | None = None
    ttl_s: int = DEFAULT_TTL_S

    @cached_property
    def fingerprint(self) -> bytes:
        """SHA-256 of the canonical request, which tells a retry from another request under the same id.

        The gateway belongs to it: only the one that placed a hold may extend or release it.
        """
        bounds = [self.bounds.input, self.bounds.output, self.bounds.web_search]
        content = [self.gateway_id, self.key_digest.hex(), self.model, bounds, self.min_output, self.ttl_s]
        return hashlib.sha256(json.dumps(content).encode()).digest()


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """A hold as it stands; `max_output` is what the gateway must cap the answer at."""

    request_id: UUID
    state: str
    amount_nanos: int
    bounds: Bounds
    expires_at: datetime
    price_version_id: int
    available_nanos: int
    is_replay: bool = False

    @property
    def max_output(self) -> int:
        return self.bounds.output
