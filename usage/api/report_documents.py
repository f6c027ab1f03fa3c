"""What the OpenAPI document says about reporting usage."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers

from billing.api.documents import KEY_DIGEST, REQUEST_ID, example, problems

Described = Callable[[Any], Any]

RESULTS = ["accepted", "duplicate", "conflict", "quarantined", "invalid"]
SECOND_ID = "019f0f6e-9c01-7a1b-8c2d-3e4f5a6b7c8e"
EVENT = {
    "request_id": REQUEST_ID,
    "key_digest": KEY_DIGEST,
    "model": "claude-sonnet-4-6",
    "meters": {"input": 374, "output": 44},
    "outcome": "completed",
    "evidence": "reported",
    "reported_cost": "0.000629046",
    "upstream_request_id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "first_byte_ms": 420,
    "duration_ms": 1730,
}


class ResultSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of one event; `code` says why it is quarantined, `reason` what is wrong in `field`."""

    request_id = serializers.UUIDField(allow_null=True)
    result = serializers.ChoiceField(RESULTS)
    code = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # As a class attribute it would hide the one that every serializer field has.
        field = serializers.CharField(required=False, allow_null=True)
        return {**super().get_fields(), "field": field}


class ResultsSerializer(serializers.Serializer[dict[str, Any]]):
    results = ResultSerializer(many=True)


def report(body: dict[str, Any]) -> Described:
    results = [
        {"request_id": REQUEST_ID, "result": "accepted"},
        {"request_id": SECOND_ID, "result": "quarantined", "code": "unknown_model"},
        {
            "request_id": None,
            "result": "invalid",
            "code": "invalid",
            "field": "request_id",
            "reason": "must be a UUIDv7 in canonical lower-case text",
        },
    ]
    return extend_schema(
        operation_id="reportUsage",
        tags=["usage"],
        description=(
            "Store what up to 1000 requests used. What is answered as accepted, duplicate, conflict or "
            "quarantined is stored for good and is not to be sent again; an invalid event is not stored "
            "and can never be, while the others in the batch stand. A batch in which every event is "
            "invalid is answered with 422 and the same `results`. Results stand in the order of the "
            "events."
        ),
        request={"application/json": body},
        responses={
            202: OpenApiResponse(ResultsSerializer, description="What became of each event."),
            **problems(body=True),
        },
        examples=[
            example("Report", {"events": [EVENT]}),
            example("Results", {"results": results}, status=202),
        ],
    )
