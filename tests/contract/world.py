"""A small world in which made-up requests meet something; placeholders in the document stand for it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.services import publisher
from billing.services.holds import end
from tests import cast
from tests.cast import USD

_REQUESTS = [f"00000000-0000-7000-8000-{number:012x}" for number in range(10)]
_DIGESTS = [f"{number:064x}" for number in range(3)]
_MOMENTS = [f"2000-01-01T00:00:{number:02}Z" for number in range(4)]

# By the name of a field or parameter: placeholders, and bounds within which things work.
PLACEHOLDERS: dict[str, dict[str, Any]] = {
    "request_id": {"type": "string", "enum": _REQUESTS},
    "key_digest": {"type": "string", "enum": _DIGESTS},
    "model": {"type": "string", "enum": [cast.MODEL, "unknown"]},
    "expires_at": {"type": "string", "enum": _MOMENTS},
    "input": {"type": "integer", "minimum": 0, "maximum": 5000},
    "output": {"type": "integer", "minimum": 0, "maximum": 5000},
    "web_search": {"type": "integer", "minimum": 0, "maximum": 0},
    "min_output": {"type": "integer", "minimum": 1, "maximum": 500},
    "after": {"type": "integer", "minimum": 0, "maximum": 6},
}


@dataclass(frozen=True)
class World:
    """Alice has credit for all that comes, Dora for one small request; `names` resolves placeholders."""

    names: dict[str, str]

    def resolve(self, case: Any) -> None:
        """Put what is there into a request, in the place of its placeholders."""
        for part in ("body", "path_parameters"):
            given = getattr(case, part)
            if isinstance(given, dict):
                setattr(case, part, self._resolved(given))

    def _resolved(self, given: dict[str, Any]) -> Any:
        text = json.dumps(given)
        for placeholder, name in self.names.items():
            text = text.replace(f'"{placeholder}"', f'"{name}"')
        return json.loads(text)


def build() -> World:
    """Open holds, requests in every other state, ids that nobody has used, and two customers."""
    now = timezone.now()
    alice, dora = cast.player("Alice", 1_000_000 * USD), cast.player("Dora", 1000 * cast.OUTPUT_TOKEN)
    cast.hold(dora, out=990)
    holds = [cast.hold(alice, out=100).request_id for _ in range(6)]
    waiting, quarantined = uuid7(), uuid7()
    cast.send(*(cast.report(alice, charged, output=50) for charged in holds[:2]))
    cast.settle()
    end.release(request_id=holds[2], gateway_id=cast.gateway().id, reason="unused", now=now)
    cast.send(cast.report(alice, waiting, input=1), cast.report(alice, quarantined, model="unknown", input=1))
    publisher.publish(now=now)

    ids = [*holds, waiting, quarantined, uuid7(), uuid7()]
    digests = [alice.digest.hex(), dora.digest.hex(), "f" * 64]
    return World(
        dict(zip(_REQUESTS, map(str, ids), strict=True))
        | dict(zip(_DIGESTS, digests, strict=True))
        | dict(zip(_MOMENTS, _moments(now), strict=True))
    )


def _moments(now: datetime) -> list[str]:
    """Two that a hold may last to, one that is too far, one that is over."""
    return [(now + timedelta(minutes=minutes)).isoformat() for minutes in (30, 300, 3000, -1)]
