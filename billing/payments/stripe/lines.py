"""Stripe's own books: the balance transactions of a UTC day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import stripe

from billing.payments.protocol import Line, LineKind
from billing.payments.stripe.answers import PAGE, Answer, currency, every, expanded, id_of, metadata, moment
from billing.payments.stripe.failures import translated

# Its categories tell apart what `type` calls `adjustment`; the types are for what has no category of ours.
_OF_CATEGORY: Final = {
    "charge": LineKind.PAYMENT,
    "charge_failure": LineKind.PAYMENT_FAILURE,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND_FAILURE,
    "dispute": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE_REVERSAL,
    "fee": LineKind.FEE,
    "network_cost": LineKind.FEE,
    "tax": LineKind.FEE,
    "payout": LineKind.PAYOUT,
    "payout_reversal": LineKind.PAYOUT,
}
_OF_TYPE: Final = {
    "charge": LineKind.PAYMENT,
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "payment_failure_refund": LineKind.PAYMENT_FAILURE,
    "payment_refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND_FAILURE,
    "stripe_fee": LineKind.FEE,
    "stripe_fx_fee": LineKind.FEE,
    "tax_fee": LineKind.FEE,
    "payout": LineKind.PAYOUT,
    "payout_cancel": LineKind.PAYOUT,
    "payout_failure": LineKind.PAYOUT,
}


def of_day(client: stripe.StripeClient, day: date) -> list[Line]:
    begin = datetime.combine(day, time.min, UTC)
    end = begin + timedelta(days=1)
    with translated():
        page = client.v1.balance_transactions.list(
            {
                "created": {"gte": int(begin.timestamp()), "lt": int(end.timestamp())},
                "expand": ["data.source"],
                "limit": PAGE,
            }
        )
        return [line_of(transaction) for transaction in every(page)]


def line_of(transaction: Answer) -> Line:
    source = expanded(transaction.get("source"))
    return Line(
        line_id=transaction["id"],
        kind=_kind(transaction, source),
        happened_at=moment(transaction["created"]),
        gross_minor=transaction["amount"],
        fee_minor=transaction["fee"],
        currency=currency(transaction),
        source_id=id_of(transaction.get("source")),
        payment_id=id_of((source or {}).get("payment_intent")),
        # A refund's own metadata names the refund, not the payment.
        reference=metadata(source, "reference") if source and source["object"] == "charge" else None,
    )


def _kind(transaction: Answer, source: Answer | None) -> LineKind:
    known = _OF_CATEGORY.get(transaction.get("reporting_category", "")) or _OF_TYPE.get(transaction["type"])
    if known:
        return known
    if transaction["type"] == "adjustment" and source and source["object"] == "dispute":
        return LineKind.DISPUTE if transaction["amount"] < 0 else LineKind.DISPUTE_REVERSAL

    return LineKind.OTHER
