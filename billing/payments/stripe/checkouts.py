"""Checkout sessions: Stripe's own page, on which a customer pays."""

import stripe
from stripe.params.checkout import SessionCreateParams

from billing.payments.currencies import places
from billing.payments.errors import Rejected
from billing.payments.protocol import Checkout, Order
from billing.payments.stripe.answers import Answer, moment, plain
from billing.payments.stripe.failures import translated


def start(client: stripe.StripeClient, order: Order) -> Checkout:
    """Open a session; the same order gets the same one for 24 hours.

    Everything sent comes from the order alone: one parameter that differed, such as a later `expires_at`, and
    Stripe would refuse the repetition. It takes an `expires_at` 30 minutes to 24 hours ahead, so that a
    repetition after its key was forgotten is refused too, and no second session is opened.
    """
    with translated():
        session = client.v1.checkout.sessions.create(
            parameters(order), {"idempotency_key": f"checkout:{order.reference}"}
        )
        return _seen(plain(session))


def parameters(order: Order) -> SessionCreateParams:
    places(order.currency)
    ours = metadata_of(order)
    asked: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": order.reference,
        "metadata": ours,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": order.amount_minor,
                    "product_data": {"name": order.description},
                },
            }
        ],
        "payment_intent_data": {"description": order.description, "metadata": ours},
        "success_url": order.return_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
    }
    if order.payer:
        asked["customer"] = order.payer
    else:
        asked["customer_email"] = order.email
    if order.save_card:
        asked["payment_intent_data"]["setup_future_usage"] = "off_session"
        if not order.payer:
            asked["customer_creation"] = "always"
    return asked


def metadata_of(order: Order) -> dict[str, str]:
    return {
        "reference": order.reference,
        "top_up_id": str(order.top_up_id),
        "customer_id": str(order.customer_id),
    }


def close(client: stripe.StripeClient, session_id: str) -> None:
    """Expire a session; `Rejected` where it was paid for, or is being paid."""
    with translated():
        try:
            client.v1.checkout.sessions.expire(session_id)
        except stripe.InvalidRequestError:
            session = plain(client.v1.checkout.sessions.retrieve(session_id))
            if session["status"] == "expired":
                return

            raise Rejected("somebody has paid", reason="checkout_complete") from None


def _seen(session: Answer) -> Checkout:
    return Checkout(
        object_id=session["id"],
        url=session["url"],
        qr_code=None,
        expires_at=moment(session["expires_at"]),
    )
