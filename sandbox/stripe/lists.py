"""Lists as Stripe pages them: newest first, `starting_after` and `has_more`."""

from collections.abc import Iterable
from typing import Any

from sandbox.ground.journal import Record
from sandbox.stripe.errors import missing_reference

DEFAULT_LIMIT = 10
TESTS = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def page(records: Iterable[Record], parameters: Record, url: str) -> Record:
    """A page of `records`, which come oldest first; filters by `created` where it is asked for."""
    found = [record for record in records if within(record["created"], parameters.get("created", {}))]
    found.reverse()
    limit = parameters.get("limit", DEFAULT_LIMIT)
    if after := parameters.get("starting_after"):
        found = found[position(found, after, "starting_after") + 1 :]
        data = found[:limit]
    elif before := parameters.get("ending_before"):
        found = found[: position(found, before, "ending_before")]
        data = found[-limit:]
    else:
        data = found[:limit]
    return {"object": "list", "data": data, "has_more": len(found) > len(data), "url": url}


def within(moment: int, bounds: dict[str, Any]) -> bool:
    return all(TESTS[word](moment, bound) for word, bound in bounds.items())


def position(records: list[Record], identity: str, param: str) -> int:
    for index, record in enumerate(records):
        if record["id"] == identity:
            return index
    raise missing_reference("object", identity, param=param)
