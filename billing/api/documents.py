"""What the OpenAPI document says about all internal endpoints: their problems, and what examples share."""

import json
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from billing import request_ids
from billing.api.problems import CONTENT_TYPE, Problem
from billing.money import UsdField

REQUEST_ID = "019f0f6e-9c00-7a1b-8c2d-3e4f5a6b7c8d"
KEY_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

REQUEST_ID_IN_PATH = OpenApiParameter(
    "request_id", {**request_ids.SCHEMA}, OpenApiParameter.PATH, description="The UUIDv7."
)

# Code to status, detail and further members, as the examples show them.
PROBLEMS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "malformed": (400, "the body is not JSON: Expecting value at character 0", {"code": "invalid"}),
    "service_token": (401, "A valid service token is needed: Authorization: Bearer st-am-…", {}),
    "insufficient_credit": (
        402,
        "The hold needs more credit than is available.",
        {
            "limit_source": "wallet",
            "required": "0.677760000",
            "available": "0.02",
            "affordable_output": 3777,
            "top_up_url": "https://api-models.example/dashboard/top-up/",
        },
    ),
    "key_limit_reached": (
        402,
        "The hold needs more than is left of this API key's spending limit.",
        {
            "limit_source": "key",
            "required": "0.677760000",
            "available": "0.02",
            "affordable_output": 3777,
            "resumes_at": "2026-12-01T00:00:00+00:00",
            "top_up_url": "https://api-models.example/dashboard/top-up/",
        },
    ),
    "cut_off": (
        402,
        "The customer is out of credit; requests work again as soon as credit is added.",
        {
            "limit_source": "wallet",
            "required": "0.00522",
            "available": "0.0001",
            "affordable_output": 0,
            "top_up_url": "https://api-models.example/dashboard/top-up/",
        },
    ),
    "missing_scope": (403, "This service token lacks the scope holds.", {}),
    "key_revoked": (403, "This API key was revoked.", {}),
    "key_expired": (403, "This API key has expired.", {}),
    "model_not_allowed": (403, "This API key may not use the model.", {}),
    "customer_frozen": (403, "The customer's account is frozen; no new requests are allowed.", {}),
    "customer_closed": (403, "The customer's account is closed.", {}),
    "unknown_key": (404, "no API key has this digest", {"field": "key_digest"}),
    "unknown_model": (404, "no model 'claude-sonnet-9' is for sale", {"field": "model"}),
    "not_found": (404, "this gateway placed no hold with this request id", {"field": "request_id"}),
    "request_conflict": (409, "this request id was used with other content", {"field": "request_id"}),
    "position_gone": (410, "events after this position are not kept any more; load all states again", {}),
    "too_large": (413, "the body must have at most 65536 bytes", {}),
    "unsupported_media_type": (415, "the content type must be application/json, in UTF-8", {}),
    "invalid": (422, "must be a whole number", {"field": "bounds.output"}),
    "clock_skew": (
        422,
        "the request id is more than 5 minutes ahead of our clock",
        {"field": "request_id", "our_time": "2026-11-23T12:00:00+00:00"},
    ),
    "bounds_too_large": (
        422,
        "the model gives at most 128000 output tokens",
        {"field": "bounds.output"},
    ),
    "meter_not_priced": (422, "web_search has no price for gpt-5-nano", {"field": "bounds.web_search"}),
    "unavailable": (503, "The service cannot decide right now; try again.", {}),
}
DESCRIPTIONS = {
    400: "Not a JSON object at all.",
    401: "No valid service token.",
    402: "Credit or the key's limit does not cover it. Retry no sooner than credit comes or `resumes_at`.",
    403: "Not allowed.",
    404: "Unknown.",
    409: "In the way of what was done before under this request id.",
    410: "The reader has to load all states again.",
    413: "Too large.",
    415: "Not JSON by its content type.",
    422: "Can never succeed as it is.",
    503: "The database is away or too busy; `Retry-After` says when to try again. Nothing was written.",
}
OF_EVERY_ENDPOINT = ("service_token", "missing_scope", "unavailable")
OF_EVERY_BODY = ("malformed", "too_large", "unsupported_media_type", "invalid")


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """RFC 9457; `code` is stable, `detail` is for people."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(required=False, help_text="The dotted name of what is wrong.")
    request_id = serializers.UUIDField(required=False)


class CreditProblemSerializer(ProblemSerializer):
    """What a customer needs to know to go on."""

    limit_source = serializers.ChoiceField(["wallet", "key"], help_text="The tighter of the two.")
    available = UsdField(help_text="What the wallet, or the key's limit, has left.")
    affordable_output = serializers.IntegerField(help_text="Output tokens that this still buys.")
    resumes_at = serializers.DateTimeField(
        required=False, help_text="When the key's limit is whole again; not given where it never is."
    )
    top_up_url = serializers.URLField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # As a class attribute it would hide the one that every field has.
        return {**super().get_fields(), "required": UsdField()}


def problems(*codes: str, body: bool = False) -> dict[tuple[int, str], OpenApiResponse]:
    """The responses of an endpoint that can answer with these codes, beside those that every one has."""
    codes = (*codes, *OF_EVERY_ENDPOINT, *(OF_EVERY_BODY if body else ()))
    examples: dict[int, list[OpenApiExample]] = {}
    for code in sorted(codes, key=lambda code: PROBLEMS[code][0]):
        examples.setdefault(PROBLEMS[code][0], []).append(_example(code))
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            CreditProblemSerializer if status == 402 else ProblemSerializer,
            description=DESCRIPTIONS[status],
            examples=of_status,
        )
        for status, of_status in examples.items()
    }


def example(name: str, value: dict[str, Any], *, status: int | None = None) -> OpenApiExample:
    """An example of a request, or of the response with `status`."""
    if status is None:
        return OpenApiExample(name, value, request_only=True)
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


def _example(code: str) -> OpenApiExample:
    status, detail, members = PROBLEMS[code]
    document = json.loads(Problem(status, members.get("code", code), detail, members).body())
    return OpenApiExample(
        code, document, media_type=CONTENT_TYPE, response_only=True, status_codes=[str(status)]
    )
