"""Saved cards: their owners at Stripe, and charging them while those are away."""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

import stripe

from billing.payments.currencies import places
from billing.payments.errors import Declined
from billing.payments.protocol import Card, Order
from billing.payments.stripe import intents
from billing.payments.stripe.answers import PAGE, Answer, every, expanded, id_of, metadata, plain
from billing.payments.stripe.checkouts import metadata_of
from billing.payments.stripe.failures import declined, translated

# An order is charged between its beginning and its end, which are closer to one another than this.
_LONGEST_LIFE: Final = timedelta(days=2)
_STARTED: Final = frozenset({"succeeded", "processing"})


def charge(client: stripe.StripeClient, order: Order) -> Answer:
    """Charge the saved card, once for each order for life, and return the payment intent.

    Stripe forgets an idempotency key after a day; what it has under our reference is looked up first.
    """
    assert order.payer, "a saved card belongs to a payer"
    assert order.card, "a saved card is charged"
    places(order.currency)
    intent = find(client, order)
    if intent is None:
        with translated():
            intent = _create(client, order, order.payer, order.card)
    if intent["status"] in _STARTED:
        return intent

    raise _declined(intent)


def find(client: stripe.StripeClient, order: Order) -> Answer | None:
    """Return the payment intent of an order, if there is one.

    Stripe's search is minutes late, and its lists are not: what is not listed did not happen.
    """
    assert order.payer, "a saved card belongs to a payer"
    since = int((order.expires_at - _LONGEST_LIFE).timestamp())
    with translated():
        listed = client.v1.payment_intents.list(
            {"customer": order.payer, "created": {"gte": since}, "limit": PAGE}
        )
        for intent in every(listed):
            if metadata(intent, "reference") == order.reference:
                return intents.retrieve(client, intent["id"])

    return None


def open_payer(client: stripe.StripeClient, customer_id: UUID, email: str) -> str:
    """Return the id of our customer at Stripe, made if it has none."""
    with translated():
        found = client.v1.customers.search({"query": f"metadata['customer_id']:'{customer_id}'", "limit": 1})
        for payer in (plain(one) for one in found.data):
            if metadata(payer, "customer_id") == str(customer_id):
                return str(payer["id"])

        # Another address within a day would be the same key with other parameters.
        digest = hashlib.sha256(email.encode()).hexdigest()[:16]
        created = client.v1.customers.create(
            {"email": email, "metadata": {"customer_id": str(customer_id)}},
            {"idempotency_key": f"payer:{customer_id}:{digest}"},
        )
        return created.id


def saved(intent: Answer | None) -> Card | None:
    """The card that the customer agreed to be charged with later, if this payment saved one."""
    if intent is None or intent.get("setup_future_usage") != "off_session" or intent["status"] != "succeeded":
        return None

    payer, method = id_of(intent.get("customer")), expanded(intent.get("payment_method"))
    if payer is None or method is None or method["type"] != "card":
        return None

    card = method["card"]
    return Card(
        payer=payer,
        card_id=method["id"],
        brand=card["brand"],
        last4=card["last4"],
        expires_month=card["exp_month"],
        expires_year=card["exp_year"],
    )


def _create(client: stripe.StripeClient, order: Order, payer: str, card: str) -> Answer:
    created = client.v1.payment_intents.create(
        {
            "amount": order.amount_minor,
            "currency": order.currency.lower(),
            "customer": payer,
            "payment_method": card,
            "allowed_payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "description": order.description,
            "metadata": metadata_of(order),
            "expand": [*intents.EXPAND],
        },
        {"idempotency_key": f"charge:{order.reference}"},
    )
    return plain(created)


def _declined(intent: Answer) -> Declined:
    if intent["status"] == "requires_action":
        return declined("authentication_required")

    error = intent.get("last_payment_error") or {}
    return declined(error.get("code") or "", error.get("decline_code") or "")
