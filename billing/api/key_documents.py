"""What the OpenAPI document says about key states."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from accounts.models import LimitPeriod
from billing.api.documents import KEY_DIGEST, example, problems
from billing.api.key_queries import LONGEST_WAIT_S
from billing.api.shapes import Digest
from billing.money import UsdField

Described = Callable[[Any], Any]

STATES = ["active", "cut_off", "limit_reached", "frozen", "closed", "revoked", "expired"]
STATE: dict[str, Any] = {
    "key_digest": KEY_DIGEST,
    "api_key_id": "019f0f6d-1000-7b2c-9d3e-4f5a6b7c8d9e",
    "customer_id": "019f0f6d-0f00-7c3d-ae4f-5a6b7c8d9e0f",
    "state": "cut_off",
    "since": "2026-11-23T12:00:00+00:00",
    "allowed_models": [],
    "expires_at": None,
    "resumes_at": None,
    "state_version": 7,
}
LIMITED: dict[str, Any] = STATE | {
    "state": "limit_reached",
    "resumes_at": "2026-12-01T00:00:00+00:00",
    "limit": {
        "amount": "25",
        "period": "month",
        "period_start": "2026-11-01",
        "period_ends_at": "2026-12-01T00:00:00+00:00",
        "spent": "24.999906146",
        "held": "0",
        "remaining": "0.000093854",
    },
}


class KeyStateSerializer(serializers.Serializer[dict[str, Any]]):
    """Readers apply only a higher `state_version`; a key without an entry means "ask", never "allowed"."""

    key_digest = serializers.CharField()
    api_key_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    state = serializers.ChoiceField(STATES)
    since = serializers.DateTimeField(allow_null=True)
    allowed_models = serializers.ListField(child=serializers.CharField(), help_text="Empty: every model.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the key expires by itself.")
    resumes_at = serializers.DateTimeField(
        allow_null=True, help_text="When a key that reached its limit works again by itself, if it does."
    )
    state_version = serializers.IntegerField()


class KeyLimitSerializer(serializers.Serializer[dict[str, Any]]):
    """What the key and those it was rotated from or into may spend together in each period."""

    amount = UsdField()
    period = serializers.ChoiceField(LimitPeriod.choices, help_text="UTC; weeks begin on Monday.")
    period_start = serializers.DateField()
    period_ends_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")
    spent = UsdField(help_text="Charged for requests of the period, by the requests' own time.")
    held = UsdField(help_text="What running requests have set aside of it.")
    remaining = UsdField(help_text="What further requests may set aside; never below zero.")


class KeySerializer(KeyStateSerializer):
    limit = KeyLimitSerializer(allow_null=True, help_text="Null: the key may spend what the wallet has.")


class KeyEventSerializer(KeyStateSerializer):
    position = serializers.IntegerField()


class KeyEventsSerializer(serializers.Serializer[dict[str, Any]]):
    position = serializers.IntegerField(help_text="Where to go on: the next call's `after`.")
    events = KeyEventSerializer(many=True)


def key() -> Described:
    return extend_schema(
        operation_id="getKey",
        tags=["keys"],
        description="What the key with this digest may do right now.",
        parameters=[
            OpenApiParameter(
                "key_digest",
                {"type": "string", "pattern": Digest().schema()["pattern"]},
                OpenApiParameter.PATH,
                description="SHA-256 of the whole API key, hexadecimal.",
            )
        ],
        responses={
            200: OpenApiResponse(KeySerializer, description="The state."),
            **problems("unknown_key", "invalid"),
        },
        examples=[
            example("A key whose customer's credit ran out", STATE | {"limit": None}, status=200),
            example("A key that reached its limit", LIMITED, status=200),
        ],
    )


def key_events() -> Described:
    return extend_schema(
        operation_id="listKeyEvents",
        tags=["keys"],
        description=(
            "Key states in the order in which they changed, without gaps. Without `after`: the newest "
            "position and no events; note it, load the states of the keys in use, then go on from it. "
            "With `after`: what came later, at most 1000. The key-events process waits up to `wait_s` for"
            " something to come; the web process answers the same address at once. An answer with 410 "
            "means: start again."
        ),
        parameters=[
            OpenApiParameter(
                "after", {"type": "integer", "minimum": 0}, description="A position of an answer."
            ),
            OpenApiParameter(
                "wait_s",
                {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_S, "default": 0},
                description="How long to wait, in seconds, where nothing is new.",
            ),
        ],
        responses={
            200: OpenApiResponse(KeyEventsSerializer, description="What is new, perhaps nothing."),
            **problems("position_gone", "invalid"),
        },
        examples=[
            example("One change", {"position": 42, "events": [{"position": 42} | STATE]}, status=200),
            example("Nothing new", {"position": 42, "events": []}, status=200),
        ],
    )
