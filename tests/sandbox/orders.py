"""Orders as our code places them at Stripe."""

from typing import Any

import stripe

from tests.sandbox_servers import Control


def checkout(client: stripe.StripeClient, **changes: Any) -> Any:
    """An open session for 20 dollars."""
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Credit"}}
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "client_reference_id": "top-up-1",
        "metadata": {"top_up": "1"},
        "payment_intent_data": {"metadata": {"top_up": "1"}},
        "success_url": "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:1/back",
    }
    return client.v1.checkout.sessions.create(params=params | changes)  # type: ignore[arg-type]


def paid(client: stripe.StripeClient, control: Control, **changes: Any) -> Any:
    """A session that was paid at once; its payment intent is an id."""
    session = checkout(client, **changes)
    control.act("complete", session=session.id, how="pay")
    return client.v1.checkout.sessions.retrieve(session.id)


def saved_card(client: stripe.StripeClient, control: Control, *, behaviour: str = "good") -> tuple[str, str]:
    """The ids of a customer and of a card of theirs that they agreed to be charged with."""
    customer = client.v1.customers.create(params={"email": "alice@example.com"})
    data = {"setup_future_usage": "off_session"}
    session = checkout(client, customer=customer.id, payment_intent_data=data)
    control.act("complete", session=session.id, how="pay", card=behaviour)
    methods = client.v1.customers.payment_methods.list(customer.id)
    return customer.id, methods.data[0].id
