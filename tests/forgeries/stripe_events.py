"""Bodies that carry a right signature of Stripe's and are no event all the same."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests import hostile

Event = dict[str, Any]

EVENT: Event = {
    "id": "evt_1Pgc76B7WZ01zgkWwyRHS12y",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1_790_000_000,
    "data": {
        "object": {
            "id": "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY",
            "object": "checkout.session",
            "amount_total": 2000,
            "client_reference_id": "top-up-1",
            "currency": "usd",
            "livemode": False,
            "metadata": {"reference": "top-up-1"},
            "mode": "payment",
            "payment_intent": "pi_1PgafyB7WZ01zgkWSjxsAJo3",
            "payment_status": "paid",
            "status": "complete",
        }
    },
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": None, "idempotency_key": None},
    "type": "checkout.session.completed",
}

Path = tuple[str, ...]

_NEEDED: tuple[Path, ...] = (
    *(("id",), ("object",), ("type",), ("created",), ("livemode",), ("data",)),
    *(("data", "object"), ("data", "object", "id")),
)
_NOTHING: dict[str, Any] = {"null": None, "a fraction": 7.5, "a list": [], "a list in a list": [[]]}
_NO_IDS: dict[str, Any] = {
    "a number": 7,
    "a list": ["evt_1"],
    "an object": {"name": "evt_1"},
    "true": True,
    "empty": "",
    "too long": "evt_" + "x" * 300,
    "a path": "../../v1/refunds",
    "a query": "evt_1?expand[]=x",
    "with NUL": "evt_\x00",
    "a lone surrogate": "evt_\ud800",
    "full-width": "evt_\uff11",
    "with a line break": "evt_1\nSet-Cookie: a=b",
}
_NO_MOMENTS: dict[str, Any] = {
    "a string": "1790000000",
    "a fraction": 1.5,
    "true": True,
    "null": None,
    "ten to the thirty": 10**30,
    "far before our time": -(10**15),
}


def bodies() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    yield from hostile.BODIES.items()
    yield from hostile.OBJECTS.items()
    for name, literal in (hostile.LITERALS | hostile.FLOATS).items():
        if name not in {"a leading zero"}:
            yield (
                f"{name} for the time",
                _dumped(_with(("created",), "MARK")).replace(b'"MARK"', literal.encode()),
            )
    for path in _NEEDED:
        yield f"no {'.'.join(path)}", _dumped(_without(path))
        for kind, value in _NOTHING.items():
            yield f"{'.'.join(path)} is {kind}", _dumped(_with(path, value))
    for name, value in _NO_IDS.items():
        for path in (("id",), ("data", "object", "id"), ("data", "object", "payment_intent")):
            yield f"{'.'.join(path)}, an id, is {name}", _dumped(_with(path, value))
    for name, value in _NO_MOMENTS.items():
        yield f"created, a time, is {name}", _dumped(_with(("created",), value))
    for name, value in {"a text": "false", "zero": 0, "one": 1}.items():
        yield f"livemode is {name}", _dumped(_with(("livemode",), value))
    yield "the account is a list", _dumped(EVENT | {"account": ["acct_1"]})
    yield "a thin event", _dumped(EVENT | {"object": "v2.core.event"})
    yield "wrapped as EventBridge does", _dumped({"detail": EVENT})
    yield "a kind that is a path", _dumped(EVENT | {"type": "../checkout.session.completed"})
    yield "NaN far inside", _dumped(_with(("data", "object", "amount_total"), float("nan")))


def _with(path: Path, value: Any) -> Event:
    event = copy.deepcopy(EVENT)
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return event


def _without(path: Path) -> Event:
    event = copy.deepcopy(EVENT)
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return event


def _dumped(body: Any) -> bytes:
    return json.dumps(body).encode()
