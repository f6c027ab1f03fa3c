"""Alice's orders at Stripe, and a provider that talks to the stand-in."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.payments.names import Method
from billing.payments.protocol import Lookup, Order, Payment, RefundOrder
from billing.payments.stripe.client import Keys
from billing.payments.stripe.provider import StripeProvider
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, Control

ALICE = uuid.UUID("0198b6a4-0000-7000-8000-00000000a11c")


def provider_at(url: str, **changes: Any) -> StripeProvider:
    keys = {"secret_key": STRIPE_KEY, "webhook_secrets": (STRIPE_WEBHOOK_SECRET,), "api_base": url}
    return StripeProvider(Keys(**(keys | changes)))


def order(**changes: Any) -> Order:
    """20 dollars by Checkout."""
    wanted: dict[str, Any] = {
        "reference": f"top-up-{uuid.uuid4()}",
        "top_up_id": uuid.uuid4(),
        "customer_id": ALICE,
        "method": Method.CHECKOUT,
        "amount_minor": 2000,
        "currency": "USD",
        "description": "API Models credit",
        "email": "alice@example.com",
        "return_url": "https://billing.example.com/top-ups/1",
        "cancel_url": "https://billing.example.com/credits",
        "notify_url": "https://billing.example.com/webhooks/stripe",
        "expires_at": datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
    }
    return Order(**(wanted | changes))


def refund_of(payment: Payment, amount_minor: int = 500, **changes: Any) -> RefundOrder:
    assert payment.payment_id
    wanted: dict[str, Any] = {
        "reference": f"refund-{uuid.uuid4()}",
        "object_id": payment.object_id,
        "payment_id": payment.payment_id,
        "amount_minor": amount_minor,
        "currency": "USD",
        "reason": "not needed",
    }
    return RefundOrder(**(wanted | changes))


def paid(provider: StripeProvider, control: Control, **changes: Any) -> Payment:
    """A payment that was paid on Stripe's page."""
    session = provider.start_checkout(order(**changes))
    control.act("complete", session=session.object_id, how="pay")
    return seen(provider, session.object_id)


def seen(provider: StripeProvider, object_id: str) -> Payment:
    payment = provider.fetch(Lookup(object_id=object_id))
    assert payment
    return payment


def card_order(provider: StripeProvider, control: Control, *, behaviour: str = "good") -> Order:
    """An order on a card which Alice saved, and which answers like `behaviour` while she is away."""
    session = provider.start_checkout(order(save_card=True))
    control.act("complete", session=session.object_id, how="pay", card=behaviour)
    card = seen(provider, session.object_id).card
    assert card
    return order(method=Method.SAVED_CARD, payer=card.payer, card=card.card_id)
