"""What the OpenAPI document says about the support view of a request."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from billing.api.documents import REQUEST_ID, REQUEST_ID_IN_PATH, example, problems
from billing.api.hold_documents import BoundsSerializer
from billing.models import DebtCause, HoldState
from billing.money import UsdField
from catalog.rating import METERS
from usage.models import Evidence, Outcome, Verdict

Described = Callable[[Any], Any]
Plain = serializers.Serializer[dict[str, Any]]

STATES = ["charged", "waiting", "quarantined", "held", "released", "expired", "refused"]
TRANSACTION = "019f0f6e-a3d0-7e4f-9061-728394a5b6c7"
CHARGE = {
    "request_id": REQUEST_ID,
    "corrects": None,
    "gateway": "gateway-1",
    "model": "claude-sonnet-4-6",
    "price_version": 1,
    "lines": [
        {
            "meter": "input",
            "quantity": 374,
            "rated_as": "input",
            "price_per_million": "1.059",
            "amount": "0.000396066",
        },
        {
            "meter": "output",
            "quantity": 44,
            "rated_as": "output",
            "price_per_million": "5.295",
            "amount": "0.00023298",
        },
    ],
    "formula": "sum(quantity * price_per_million) / 1,000,000",
    "unrounded": "0.000629046",
    "rounding": "once, to 9 places, half to even",
    "amount": "0.000629046",
    "unpriced": [],
    "held": "0.005818146",
    "outcome": "completed",
    "evidence": "reported",
    "reported_cost": None,
    "upstream_request_id": None,
    "first_byte_ms": 420,
    "duration_ms": 1730,
    "received_at": "2026-11-23T12:00:02.100000+00:00",
    "charged_at": "2026-11-23T12:00:02.150000+00:00",
    "ledger_transaction_id": TRANSACTION,
}
REQUEST: dict[str, Any] = {
    "request_id": REQUEST_ID,
    "at": "2026-11-23T12:00:00.123000+00:00",
    "state": "charged",
    "customer_id": "019f0f6d-0f00-7c3d-ae4f-5a6b7c8d9e0f",
    "api_key_id": "019f0f6d-1000-7b2c-9d3e-4f5a6b7c8d9e",
    "hold": {
        "gateway": "gateway-1",
        "state": "settled",
        "refusal": None,
        "amount": "0.005818146",
        "available": "10",
        "bounds": {"input": 374, "output": 1024, "web_search": 0},
        "price_version": 1,
        "placed_at": "2026-11-23T12:00:00.130000+00:00",
        "expires_at": "2026-11-23T12:15:00.130000+00:00",
        "ended_at": "2026-11-23T12:00:02.150000+00:00",
        "end_reason": "usage",
    },
    "waiting_since": None,
    "charge": CHARGE,
    "corrections": [],
    "total": "0.000629046",
    "quarantined": [],
    "conflicts": [],
    "debts": [],
}


class FoundHoldSerializer(Plain):
    gateway = serializers.CharField()
    state = serializers.ChoiceField(HoldState.values)
    refusal = serializers.CharField(allow_null=True, help_text="The code that it was refused with.")
    amount = UsdField()
    available = UsdField(help_text="What was free when it was placed or refused.")
    bounds = BoundsSerializer()
    price_version = serializers.IntegerField()
    placed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)


class LineSerializer(Plain):
    meter = serializers.ChoiceField(METERS)
    quantity = serializers.IntegerField()
    rated_as = serializers.CharField(help_text="A cache meter without a price is rated as input.")
    price_per_million = serializers.CharField(
        allow_null=True, help_text="USD; null: no price, nothing charged."
    )
    amount = serializers.CharField(help_text="Exact, with up to 12 places.")


class FoundChargeSerializer(Plain):
    request_id = serializers.UUIDField()
    corrects = serializers.UUIDField(
        allow_null=True, help_text="The request that this charge corrects; its quantities are differences."
    )
    gateway = serializers.CharField()
    model = serializers.CharField()
    price_version = serializers.IntegerField()
    lines = LineSerializer(many=True)
    formula = serializers.CharField()
    unrounded = serializers.CharField()
    rounding = serializers.CharField()
    amount = UsdField(help_text="What was charged.")
    unpriced = serializers.ListField(child=serializers.CharField())
    held = UsdField(allow_null=True, help_text="What its hold had set aside; null: no hold was open.")
    outcome = serializers.ChoiceField(Outcome.values)
    evidence = serializers.ChoiceField(Evidence.values)
    reported_cost = UsdField(allow_null=True)
    upstream_request_id = serializers.CharField(allow_null=True)
    first_byte_ms = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    received_at = serializers.DateTimeField()
    charged_at = serializers.DateTimeField()
    ledger_transaction_id = serializers.UUIDField()


class QuarantinedSerializer(Plain):
    gateway = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()
    received_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolution = serializers.CharField(allow_blank=True)


class ConflictSerializer(Plain):
    gateway = serializers.CharField()
    received_at = serializers.DateTimeField()
    evidence = serializers.ChoiceField(Evidence.values)
    verdict = serializers.ChoiceField(
        Verdict.values,
        allow_null=True,
        help_text="Whether it corrected the charge, confirmed it, or is left to a person; null: not judged.",
    )
    judged_at = serializers.DateTimeField(allow_null=True)
    corrected_by = serializers.UUIDField(allow_null=True, help_text="The first correcting charge.")


class DebtSerializer(Plain):
    amount = UsdField()
    cause = serializers.ChoiceField(DebtCause.values)
    incurred_at = serializers.DateTimeField()
    ledger_transaction_id = serializers.UUIDField()


class FoundRequestSerializer(Plain):
    request_id = serializers.UUIDField()
    at = serializers.DateTimeField(help_text="The time that the gateway wrote into the id.")
    state = serializers.ChoiceField(STATES)
    customer_id = serializers.UUIDField(allow_null=True)
    api_key_id = serializers.UUIDField(allow_null=True)
    hold = FoundHoldSerializer(allow_null=True)
    waiting_since = serializers.DateTimeField(allow_null=True, help_text="Reported, not charged yet.")
    charge = FoundChargeSerializer(allow_null=True)
    corrections = FoundChargeSerializer(many=True, help_text="Differences that were charged later.")
    total = UsdField(allow_null=True, help_text="What the request costs with all its corrections.")
    quarantined = QuarantinedSerializer(many=True)
    conflicts = ConflictSerializer(many=True)
    debts = DebtSerializer(many=True)


def request() -> Described:
    return extend_schema(
        operation_id="getRequest",
        tags=["usage"],
        description=(
            "The support view: what was held, reported and charged for a request, why so much, and the "
            "ledger transaction that it is part of. The token needs the scope `usage` or `holds`."
        ),
        parameters=[
            REQUEST_ID_IN_PATH,
            OpenApiParameter(
                "customer_id",
                {"type": "string", "format": "uuid"},
                description="Chooses where a gateway used one id for several customers.",
            ),
        ],
        responses={
            200: OpenApiResponse(FoundRequestSerializer, description="What is known."),
            **problems("not_found", "request_conflict", "invalid"),
        },
        examples=[example("A charged request", REQUEST, status=200)],
    )
