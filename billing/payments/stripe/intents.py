"""Payment intents: what Stripe collects money with, for a session and for a saved card alike."""

from typing import Final

import stripe

from billing.payments.errors import Rejected
from billing.payments.stripe.answers import Answer, plain
from billing.payments.stripe.failures import translated

# What a payment intent is asked for with, so that one answer tells when money came and from which card.
EXPAND: Final = ("latest_charge.balance_transaction", "payment_method")


def retrieve(client: stripe.StripeClient, payment_id: str) -> Answer:
    return plain(client.v1.payment_intents.retrieve(payment_id, {"expand": [*EXPAND]}))


def close(client: stripe.StripeClient, payment_id: str) -> None:
    """Cancel a payment intent; `Rejected` where it was paid, or is being paid."""
    with translated():
        try:
            client.v1.payment_intents.cancel(payment_id)
        except stripe.InvalidRequestError:
            if retrieve(client, payment_id)["status"] == "canceled":
                return

            raise Rejected("somebody has paid", reason="payment_intent_unexpected_state") from None
