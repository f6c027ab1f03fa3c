"""Holds over HTTP: place, extend, release. Only the service that placed a hold can extend or release it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.authentication import Caller
from billing import request_ids, wake
from billing.api import hold_documents, strict
from billing.api.internal import InternalView, answer
from billing.api.objects import Object
from billing.api.shapes import Digest, Integer, Moment, RequestId, Text
from billing.errors import Unacceptable
from billing.money import format_usd
from billing.services.holds import end, extend, place
from billing.services.holds.requests import (
    DEFAULT_TTL_S,
    LONGEST_TTL_S,
    SHORTEST_TTL_S,
    HoldAnswer,
    HoldRequest,
)
from catalog.rating import Bounds

MOST_UNITS = 1_000_000_000
PUBLISHER = "billing.tasks.publish_key_states"

BOUNDS = Object(
    required={
        "input": Integer(0, MOST_UNITS, "The most input tokens, cached or not."),
        "output": Integer(0, MOST_UNITS, "The most output tokens."),
    },
    optional={
        "web_search": Integer(0, MOST_UNITS, "The most searches; each allows for input of its own too.")
    },
)
PLACE = Object(
    required={
        "request_id": RequestId(),
        "key_digest": Digest(),
        "model": Text(100, "The model's id in the catalogue."),
        "bounds": BOUNDS,
    },
    optional={
        "clamp": Object(required={"min_output": Integer(1, MOST_UNITS, "Rather refuse than clamp below.")}),
        "ttl_s": Integer(SHORTEST_TTL_S, LONGEST_TTL_S, f"Lifetime in seconds; {DEFAULT_TTL_S} by default."),
    },
)
EXTEND = Object(required={"bounds": BOUNDS, "expires_at": Moment()})
RELEASE = Object(required={"reason": Text(200, "Why no usage will follow, for the people of support.")})


class PlaceView(InternalView):
    required_scopes = {"POST": ("holds",)}

    @hold_documents.place(PLACE.schema())
    def post(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Set credit aside for a request, before it is sent to the provider."""
        body = PLACE.read(strict.read_object(request))
        self.request_id = body["request_id"]

        placed = place.hold(_request(body, caller.gateway_id), now=timezone.now())

        response = answer(_content(placed), status=201)
        if placed.is_replay:
            response["Idempotency-Replayed"] = "true"
        return response


class ExtendView(InternalView):
    required_scopes = {"POST": ("holds",)}

    @hold_documents.extend(EXTEND.schema())
    def post(self, request: HttpRequest, caller: Caller, request_id: str) -> HttpResponse:
        """Give a running request new bounds and a new expiry before the old ones are reached."""
        self.request_id = request_ids.parse(request_id)
        body = EXTEND.read(strict.read_object(request))

        extended = extend.hold(
            request_id=self.request_id,
            gateway_id=caller.gateway_id,
            bounds=Bounds(**body["bounds"]),
            expires_at=body["expires_at"],
            now=timezone.now(),
        )

        # Smaller bounds give credit back, as a release does.
        wake.wake(PUBLISHER)
        return answer(_content(extended))


class ReleaseView(InternalView):
    required_scopes = {"POST": ("holds",)}

    @hold_documents.release(RELEASE.schema())
    def post(self, request: HttpRequest, caller: Caller, request_id: str) -> HttpResponse:
        """Give back the hold of a request that used nothing."""
        self.request_id = request_ids.parse(request_id)
        body = RELEASE.read(strict.read_object(request))

        ended = end.release(
            request_id=self.request_id,
            gateway_id=caller.gateway_id,
            reason=body["reason"],
            now=timezone.now(),
        )

        # What was released may have paid a debt, and with it ended a cut-off.
        wake.wake(PUBLISHER)
        return answer({"request_id": str(ended.request_id), "state": ended.state})


def _request(body: dict[str, Any], gateway_id: int) -> HoldRequest:
    bounds = Bounds(**body["bounds"])
    min_output = body["clamp"]["min_output"] if "clamp" in body else None
    if min_output is not None and min_output > bounds.output:
        raise Unacceptable("must not be more than bounds.output", field="clamp.min_output")
    return HoldRequest(
        request_id=body["request_id"],
        key_digest=body["key_digest"],
        model=body["model"],
        bounds=bounds,
        gateway_id=gateway_id,
        min_output=min_output,
        ttl_s=body.get("ttl_s", DEFAULT_TTL_S),
    )


def _content(hold: HoldAnswer) -> dict[str, Any]:
    return {
        "request_id": str(hold.request_id),
        "state": hold.state,
        "amount": format_usd(hold.amount_nanos),
        "bounds": {
            "input": hold.bounds.input,
            "output": hold.bounds.output,
            "web_search": hold.bounds.web_search,
        },
        "max_output": hold.max_output,
        "expires_at": hold.expires_at.isoformat(),
        "price_version": hold.price_version_id,
        "available": format_usd(hold.available_nanos),
    }
