"""Undoing a refund that the provider could not make: the exact reverse of what it posted."""

from datetime import datetime

import structlog

from billing.ledger.book import Book
from billing.models import LedgerAccount, Refund, RefundState, TopUp, TransactionKind
from billing.payments import currencies
from billing.payments.names import ProviderName
from billing.services import money_back

log = structlog.get_logger()
LONGEST = 500


def post(refund: Refund, top_up: TopUp, *, failure: str, now: datetime) -> None:
    """Give back what the refund took, once, and mark it as failed.

    Called in the transaction that decides on it, under the wallet's lock, with rows that were read after it.
    """
    assert refund.state != RefundState.FAILED

    book = Book.lock([refund.customer_id], now=now)
    entry = book.entry(
        refund.customer_id,
        TransactionKind.REFUND_REVERSAL,
        effect_key=f"refund:{refund.id}:reverse",
        reason=f"refund {refund.id} failed",
    )
    money_back.put_back(book, entry, top_up, refund.debit_nanos, taken_by=[refund.ledger_transaction_id])
    if top_up.provider == ProviderName.ALIPAY:
        book.between(
            entry,
            currencies.to_nanos(refund.amount_minor, top_up.currency),
            debit=LedgerAccount.CLEARING_ALIPAY_CNY,
            credit=LedgerAccount.EXCHANGE_CNY,
        )
    book.save()

    top_up.refunded_minor -= refund.amount_minor
    top_up.save(update_fields=["refunded_minor"])
    refund.state = RefundState.FAILED
    refund.reversal_id = entry.id
    refund.failure = failure[:LONGEST]
    refund.ended_at = now
    refund.next_check_at = None
    refund.save(update_fields=["state", "reversal_id", "failure", "ended_at", "next_check_at"])
    log.warning("refund failed", refund_id=str(refund.id), failure=failure)
