"""`/v1/payment_intents/search` and `/v1/customers/search`, by one key of the metadata."""

import re
from collections.abc import Callable

from sandbox.ground.journal import Record
from sandbox.stripe.account import Account
from sandbox.stripe.api import Call, Endpoint
from sandbox.stripe.errors import Invalid
from sandbox.stripe.parameters import Kind, Text, Whole

QUERY = re.compile(r"metadata\[(['\"])([^'\"]{1,40})\1\]:(['\"])([^'\"]{1,500})\3")
FIELDS: dict[str, Kind] = {"limit": Whole(least=1, most=100), "page": Text(), "query": Text()}


def search(kind: str, url: str) -> Callable[[Account, Call], Record]:
    """Newest first. Stripe's own takes up to a minute, in outages an hour, to know of what is new."""

    def handle(account: Account, call: Call) -> Record:
        asked = QUERY.fullmatch(call.parameters["query"] or "")
        if asked is None:
            raise Invalid("The stand-in searches for one key of the metadata only.", param="query")
        key, value = asked[2], asked[4]
        known = [record for record in account.all(kind) if record["metadata"].get(key) == value]
        known.reverse()
        limit = call.parameters.get("limit", 10)
        return {
            "object": "search_result",
            "data": known[:limit],
            "has_more": len(known) > limit,
            "next_page": None,
            "url": url,
        }

    return handle


def endpoint(path: str, kind: str) -> Endpoint:
    return Endpoint("GET", path, search(kind, path), FIELDS, ("query",))


# Before the endpoints whose address would take `search` for an id.
ENDPOINTS = [
    endpoint("/v1/payment_intents/search", "payment_intent"),
    endpoint("/v1/customers/search", "customer"),
]
