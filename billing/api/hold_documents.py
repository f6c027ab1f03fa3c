"""What the OpenAPI document says about holds."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from billing.api.documents import KEY_DIGEST, REQUEST_ID, REQUEST_ID_IN_PATH, example, problems
from billing.models import HoldState
from billing.money import UsdField

Described = Callable[[Any], Any]

ASKED = {
    "request_id": REQUEST_ID,
    "key_digest": KEY_DIGEST,
    "model": "claude-sonnet-4-6",
    "bounds": {"input": 374, "output": 1024},
}
ANSWERED = {
    "request_id": REQUEST_ID,
    "state": "open",
    "amount": "0.005818146",
    "bounds": {"input": 374, "output": 1024, "web_search": 0},
    "max_output": 1024,
    "expires_at": "2026-11-23T12:15:00+00:00",
    "price_version": 1,
    "available": "9.994181854",
}
PLACED_STATES = [state.value for state in HoldState if state != HoldState.REFUSED]
ENDED_STATES = [HoldState.RELEASED.value, HoldState.EXPIRED.value]
MAY_NOT_USE = ("key_revoked", "key_expired", "customer_frozen", "customer_closed")


class BoundsSerializer(serializers.Serializer[dict[str, Any]]):
    input = serializers.IntegerField()
    output = serializers.IntegerField()
    web_search = serializers.IntegerField()


class HoldSerializer(serializers.Serializer[dict[str, Any]]):
    request_id = serializers.UUIDField()
    state = serializers.ChoiceField(PLACED_STATES)
    amount = UsdField(help_text="What is set aside: the dearest way to use the bounds.")
    bounds = BoundsSerializer(help_text="As asked for, or with the output clamped to what credit buys.")
    max_output = serializers.IntegerField(help_text="What the gateway must cap the answer at.")
    expires_at = serializers.DateTimeField()
    price_version = serializers.IntegerField(help_text="The price is pinned, whatever changes meanwhile.")
    available = UsdField(help_text="The customer's credit that no hold has set aside, after this one.")


class EndedHoldSerializer(serializers.Serializer[dict[str, Any]]):
    request_id = serializers.UUIDField()
    state = serializers.ChoiceField(ENDED_STATES)


def place(body: dict[str, Any]) -> Described:
    clamped = ANSWERED | {"bounds": {"input": 374, "output": 64, "web_search": 0}, "max_output": 64}
    return extend_schema(
        operation_id="placeHold",
        tags=["holds"],
        parameters=[
            OpenApiParameter(
                "Idempotency-Replayed",
                {"type": "string", "enum": ["true"]},
                OpenApiParameter.HEADER,
                response=[201],
                description="Given where the hold had been placed before.",
            )
        ],
        description=(
            "Set credit aside for a request before it is sent to the provider. The same request id with "
            "the same content gets the stored outcome again: a refusal stays one, and a placed hold is "
            "marked by the header `Idempotency-Replayed: true`. With other content it is a conflict. With"
            " `clamp`, a hold that credit does not cover is placed with the output that it still buys."
        ),
        request={"application/json": body},
        responses={
            201: OpenApiResponse(HoldSerializer, description="Placed, now or before."),
            **problems(
                "insufficient_credit",
                "key_limit_reached",
                "cut_off",
                *MAY_NOT_USE,
                "model_not_allowed",
                "unknown_key",
                "unknown_model",
                "request_conflict",
                "clock_skew",
                "bounds_too_large",
                "meter_not_priced",
                body=True,
            ),
        },
        examples=[
            example("Place", ASKED | {"ttl_s": 900}),
            example("Clamp to what credit buys", ASKED | {"clamp": {"min_output": 16}}),
            example("Placed", ANSWERED, status=201),
            example("Clamped", clamped | {"amount": "0.000734946", "available": "0.000001054"}, status=201),
        ],
    )


def extend(body: dict[str, Any]) -> Described:
    until = "2026-11-23T12:30:00"
    asked = {"bounds": {"input": 374, "output": 2048}, "expires_at": f"{until}Z"}
    extended = ANSWERED | {
        "amount": "0.011240226",
        "bounds": {"input": 374, "output": 2048, "web_search": 0},
        "max_output": 2048,
        "expires_at": f"{until}+00:00",
        "available": "9.988759774",
    }
    return extend_schema(
        operation_id="extendHold",
        tags=["holds"],
        description=(
            "Set a running hold's bounds and expiry, both absolute, so that a retry changes nothing. "
            "Refused, the hold stays as it was and the stream is to be ended. Only the gateway that "
            "placed a hold sees it."
        ),
        parameters=[REQUEST_ID_IN_PATH],
        request={"application/json": body},
        responses={
            200: OpenApiResponse(HoldSerializer, description="Extended."),
            **problems(
                "insufficient_credit",
                "key_limit_reached",
                *MAY_NOT_USE,
                "not_found",
                "request_conflict",
                "bounds_too_large",
                "meter_not_priced",
                body=True,
            ),
        },
        examples=[example("Extend", asked), example("Extended", extended, status=200)],
    )


def release(body: dict[str, Any]) -> Described:
    return extend_schema(
        operation_id="releaseHold",
        tags=["holds"],
        description=(
            "Give back the hold of a request that used nothing; where it lapsed before, it stays expired."
            " Usage that is reported all the same is charged. Only the gateway that placed a hold sees "
            "it."
        ),
        parameters=[REQUEST_ID_IN_PATH],
        request={"application/json": body},
        responses={
            200: OpenApiResponse(EndedHoldSerializer, description="Released, now or before."),
            **problems("not_found", "request_conflict", body=True),
        },
        examples=[
            example("Release", {"reason": "the provider refused the request"}),
            example("Released", {"request_id": REQUEST_ID, "state": "released"}, status=200),
        ],
    )
