"""Top-ups over HTTP: begin one, look at one, list them."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.customer_callers import require_payer
from billing.api import public_documents, queries
from billing.api.customers import Asked, CustomerView
from billing.api.internal import answer
from billing.api.objects import Object
from billing.api.shapes import Choice, Flag, Text
from billing.api.strict import read_object
from billing.errors import Unacceptable
from billing.models import TopUp, TopUpState
from billing.money import format_usd
from billing.payments.currencies import places
from billing.payments.names import Method, ProviderName
from billing.services.top_ups import offers, start
from billing.services.top_ups import queries as top_ups
from billing.services.top_ups.start import TopUpRequest
from catalog.decimals import format_fixed, parse_fixed

MOST_ON_A_PAGE: Final = 100
ON_A_PAGE: Final = 20
MOST_MINOR: Final = 100_000_000
METHODS: Final = tuple(method.value for method in Method if method != Method.SAVED_CARD)
NEW_TOP_UP: Final = Object(
    {
        "provider": Choice(ProviderName.values),
        "method": Choice(METHODS, "How to pay: `checkout` at Stripe, the others at Alipay."),
        "amount": Text(20, "What is paid, in the provider's currency: USD at Stripe, CNY at Alipay."),
    },
    {"save_card": Flag("Let this card be charged again later, when its owner asks for that.")},
)


class TopUpsView(CustomerView):
    parameters = {
        "GET": {"before": queries.an_id, "limit": queries.a_number(1, MOST_ON_A_PAGE)},
        "POST": {},
    }

    @public_documents.top_ups_listed()
    def get(self, _request: HttpRequest, asked: Asked) -> HttpResponse:
        """The newest first."""
        page = top_ups.page(
            customer_id=asked.caller.customer_id,
            before=asked.query.get("before"),
            size=asked.query.get("limit", ON_A_PAGE),
        )

        following = str(page.next_before) if page.next_before else None
        return answer({"top_ups": [shown(each) for each in page.top_ups], "next_before": following})

    @public_documents.top_up_started(NEW_TOP_UP.schema())
    def post(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        """Begin a payment; the answer says where to pay."""
        payer = require_payer(request, asked.caller)
        key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
        given = NEW_TOP_UP.read(read_object(request))
        now = timezone.now()
        top_up = start.start(
            TopUpRequest(
                customer_id=asked.caller.customer_id,
                provider=given["provider"],
                method=given["method"],
                amount_minor=_minor(given["amount"], given["provider"]),
                email=payer.email,
                user_id=payer.pk,
                save_card=given.get("save_card", False),
            ),
            idempotency_key=key,
            now=now,
        )

        return answer(shown(top_up), status=201 if top_up.created_at == now else 200)


class TopUpView(CustomerView):
    parameters = {"GET": {}}

    @public_documents.top_up_shown()
    def get(self, _request: HttpRequest, asked: Asked, top_up_id: UUID) -> HttpResponse:
        return answer(shown(top_ups.get(customer_id=asked.caller.customer_id, top_up_id=top_up_id)))


def shown(top_up: TopUp) -> dict[str, Any]:
    """A top-up as customers see it; where to pay only while that is possible."""
    is_open = top_up.state == TopUpState.OPEN
    rate = top_up.cny_per_usd_micros
    return {
        "id": str(top_up.id),
        "provider": top_up.provider,
        "method": top_up.method,
        "state": top_up.state,
        "currency": top_up.currency,
        "amount": offers.shown(top_up.amount_minor, top_up.currency),
        "refunded": offers.shown(top_up.refunded_minor, top_up.currency),
        "cny_per_usd": format_fixed(rate, 6, strip=True) if rate else None,
        "credit": format_usd(top_up.credit_nanos),
        "bonus": format_usd(top_up.bonus_nanos),
        "checkout_url": (top_up.checkout_url or None) if is_open else None,
        "qr_code": (top_up.qr_code or None) if is_open else None,
        "created_at": top_up.created_at.isoformat(),
        "expires_at": top_up.expires_at.isoformat(),
        "paid_at": top_up.paid_at.isoformat() if top_up.paid_at else None,
    }


def _minor(text: str, provider: str) -> int:
    try:
        return parse_fixed(text, places(offers.CURRENCIES[ProviderName(provider)]), MOST_MINOR)
    except ValueError as error:
        raise Unacceptable(str(error), field="amount") from None
