"""The verbs of the stories: what a gateway sees, and what the workers do meanwhile."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from billing import valkey
from billing.services import publisher
from billing.services.holds import end
from tests import cast, gateways
from tests.cast import Player
from tests.gateways import Gateway, Response


def ask(gateway: Gateway, who: Player, *, out: int = 256, **changes: Any) -> Response:
    """A hold for a request of 374 tokens that may be answered with `out` tokens."""
    body = gateways.hold_body(who, bounds={"input": 374, "output": out}, **changes)
    return gateway.post("holds", body)


def answered(gateway: Gateway, who: Player, held: Response, **meters: int) -> str:
    """Report what the request of a hold used, and return what became of the report."""
    return report(gateway, who, json.loads(held.content)["request_id"], **meters)


def report(gateway: Gateway, who: Player, request_id: str, **meters: int) -> str:
    event = gateways.event_body(who, request_id=request_id, meters=meters)
    [result] = json.loads(gateway.post("usage", {"events": [event]}).content)["results"]
    return str(result["result"])


def work() -> None:
    """What the workers do in the background: settle, then publish."""
    cast.settle()
    publisher.publish(now=timezone.now())


def time_passes(**length: int) -> None:
    """Holds that lapse in this time end."""
    end.expire(now=timezone.now() + timedelta(**length))
    publisher.publish(now=timezone.now())


def cached_state(who: Player) -> str:
    """What gateways read in Valkey."""
    cached: Any = valkey.client().get(valkey.key_state(who.digest.hex()))
    return str(json.loads(cached)["state"])


def body(response: Response) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(response.content)
    return document
