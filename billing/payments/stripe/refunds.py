"""Refunds: each with its own id, whoever started it."""

from typing import Final

import stripe

from billing.payments.protocol import RefundOrder, RefundSeen, RefundState
from billing.payments.stripe.answers import PAGE, Answer, currency, every, metadata, plain
from billing.payments.stripe.failures import translated

# `requires_action` waits for the customer; a word that is new is not yet an end.
_STATES: Final = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def start(client: stripe.StripeClient, order: RefundOrder) -> RefundSeen:
    """Refund, once for each reference for life.

    Stripe forgets an idempotency key after a day; what it has under our reference is looked up first.
    """
    with translated():
        for refund in listed(client, order.payment_id):
            if refund.reference == order.reference:
                return refund

        created = client.v1.refunds.create(
            {
                "payment_intent": order.payment_id,
                "amount": order.amount_minor,
                "metadata": {"reference": order.reference, "reason": order.reason[:500]},
            },
            {"idempotency_key": f"refund:{order.reference}"},
        )
        return seen(plain(created))


def listed(client: stripe.StripeClient, payment_id: str) -> tuple[RefundSeen, ...]:
    """The oldest first; Stripe lists the newest first."""
    page = client.v1.refunds.list({"payment_intent": payment_id, "limit": PAGE})
    return tuple(seen(refund) for refund in every(page))[::-1]


def seen(refund: Answer) -> RefundSeen:
    return RefundSeen(
        refund_id=refund["id"],
        reference=metadata(refund, "reference"),
        amount_minor=refund["amount"],
        currency=currency(refund),
        state=_STATES.get(refund["status"], RefundState.PENDING),
        reason=refund.get("failure_reason") or refund.get("reason") or "",
    )
