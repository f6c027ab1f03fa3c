"""Disputes with what they moved, and early fraud warnings."""

import stripe

from billing.payments.protocol import DisputeSeen, MoneyMoved
from billing.payments.stripe.answers import PAGE, Answer, currency, every, plain


def listed(client: stripe.StripeClient, payment_id: str) -> tuple[DisputeSeen, ...]:
    """The oldest first; Stripe lists the newest first."""
    page = client.v1.disputes.list({"payment_intent": payment_id, "limit": PAGE})
    return tuple(seen(dispute) for dispute in every(page))[::-1]


def seen(dispute: Answer) -> DisputeSeen:
    """Money is told by balance transactions alone: none for an inquiry, a second one when it comes back."""
    return DisputeSeen(
        dispute_id=dispute["id"],
        status=dispute["status"],
        reason=dispute.get("reason") or "",
        amount_minor=dispute["amount"],
        currency=currency(dispute),
        moved=tuple(_moved(transaction) for transaction in dispute.get("balance_transactions") or ()),
    )


def find_warning(client: stripe.StripeClient, payment_id: str) -> str | None:
    page = client.v1.radar.early_fraud_warnings.list({"payment_intent": payment_id, "limit": 1})
    return next((plain(warning)["id"] for warning in page.data), None)


def _moved(transaction: Answer) -> MoneyMoved:
    return MoneyMoved(
        transaction_id=transaction["id"],
        amount_minor=transaction["amount"],
        fee_minor=transaction["fee"],
        currency=currency(transaction),
    )
