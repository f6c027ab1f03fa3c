"""What the customers' OpenAPI document says about credit and top-ups."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from billing.api.documents import ProblemSerializer
from billing.api.problems import CONTENT_TYPE
from billing.api.strict import MOST_BYTES
from billing.models import LotKind, TopUpState
from billing.money import UsdField
from billing.payments.names import Method, ProviderName

Described = Callable[[Any], Any]

DESCRIPTIONS: Final = {
    400: "Not a JSON object at all.",
    401: "No valid API key, and nobody has signed in.",
    402: "The bank said no.",
    403: "Not allowed: `key_may_only_read`, `role_not_allowed`, `csrf_failed`, `customer_frozen`.",
    404: "Unknown, or somebody else's.",
    405: "Another method is meant.",
    409: "`idempotency_key_reused` for another request, or `too_many_pending`.",
    413: f"More than {MOST_BYTES} bytes.",
    415: "Not JSON by its content type.",
    422: "Can never succeed as it is; `field` says what is wrong.",
    502: "The payment provider failed.",
    503: "Try again: the database or the payment provider is away, or the provider is not offered.",
}
OF_EVERY_ENDPOINT: Final = (401, 403, 404, 422, 503)
OF_STARTING: Final = (400, 402, 409, 413, 415, 502)
CUSTOMER: Final = OpenApiParameter(
    "customer", {"type": "string", "format": "uuid"}, description="Whom you mean, if you belong to several."
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    required=True,
    description="Yours, one for each purchase: sent again, it leads to the same top-up.",
)
PAGE: Final = (
    OpenApiParameter("before", {"type": "string", "format": "uuid"}, description="`next_before` of a page."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
)


class LotSerializer(serializers.Serializer[dict[str, Any]]):
    """What is left of one purchase or gift."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(LotKind.values)
    amount = UsdField()
    remaining = UsdField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")
    created_at = serializers.DateTimeField()


class CreditsSerializer(serializers.Serializer[dict[str, Any]]):
    """`available` is `balance` less `held`, which running requests have set aside."""

    customer_id = serializers.UUIDField()
    currency = serializers.CharField()
    balance = UsdField()
    held = UsdField()
    available = UsdField()
    debt = UsdField()
    cut_off_at = serializers.DateTimeField(allow_null=True, help_text="Since when requests are refused.")
    lots = LotSerializer(many=True, help_text="In the order in which they are spent.")


class TopUpSerializer(serializers.Serializer[dict[str, Any]]):
    """`amount` is paid in `currency`; `credit` and `bonus` are what it buys, in USD."""

    id = serializers.UUIDField()
    provider = serializers.ChoiceField(ProviderName.values)
    method = serializers.ChoiceField(Method.values)
    state = serializers.ChoiceField(TopUpState.values)
    currency = serializers.CharField()
    amount = serializers.CharField()
    refunded = serializers.CharField()
    cny_per_usd = serializers.CharField(allow_null=True, help_text="The rate that this top-up keeps.")
    credit = UsdField()
    bonus = UsdField()
    checkout_url = serializers.URLField(allow_null=True, help_text="Where to pay, while that is possible.")
    qr_code = serializers.CharField(allow_null=True, help_text="The text of a QR code to be shown.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class TopUpsSerializer(serializers.Serializer[dict[str, Any]]):
    top_ups = TopUpSerializer(many=True)
    next_before = serializers.UUIDField(allow_null=True, help_text="Null on the last page.")


def described(
    name: str,
    tag: str,
    *,
    answers: Mapping[int, OpenApiResponse],
    parameters: tuple[OpenApiParameter, ...] = (),
    problems: tuple[int, ...] = (),
    body: dict[str, Any] | None = None,
) -> Described:
    """Describe an endpoint of customers, with the problems that each can answer with."""
    refusals = {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=DESCRIPTIONS[status])
        for status in sorted({*OF_EVERY_ENDPOINT, *problems})
    }
    return extend_schema(
        operation_id=name,
        tags=[tag],
        parameters=[CUSTOMER, *parameters],
        request={"application/json": body} if body else None,
        responses={**answers, **refusals},
    )


def credits_shown() -> Described:
    shown = OpenApiResponse(CreditsSerializer, description="The credit of this moment.")
    return described("getCredits", "credits", answers={200: shown})


def top_ups_listed() -> Described:
    page = OpenApiResponse(TopUpsSerializer, description="A page, the newest first.")
    return described("listTopUps", "top-ups", answers={200: page}, parameters=PAGE)


def top_up_started(body: dict[str, Any]) -> Described:
    return described(
        "startTopUp",
        "top-ups",
        answers={
            200: OpenApiResponse(TopUpSerializer, description="The top-up that this key began before."),
            201: OpenApiResponse(TopUpSerializer, description="A new one; pay at `checkout_url`."),
        },
        parameters=(IDEMPOTENCY_KEY,),
        problems=OF_STARTING,
        body=body,
    )


def top_up_shown() -> Described:
    found = OpenApiResponse(TopUpSerializer, description="The top-up as it is now.")
    return described("getTopUp", "top-ups", answers={200: found})
