"""The money of a refund: journal, lots, the refund's row and its top-up in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.ledger.book import Book
from billing.models import (
    LedgerAccount,
    Refund,
    RefundOrigin,
    RefundState,
    TopUp,
    TransactionKind,
)
from billing.payments import currencies
from billing.payments.names import ProviderName
from billing.services import money_back, purchases


@dataclass(frozen=True, slots=True)
class NewRefund:
    id: UUID
    amount_minor: int
    origin: RefundOrigin
    state: RefundState
    reason: str
    author_id: UUID | None = None
    provider_refund_id: str = ""
    next_check_at: datetime | None = None


def post(book: Book, top_up: TopUp, new: NewRefund, *, now: datetime) -> Refund:
    """Debit the refund and keep it; what is not available becomes debt.

    The caller has locked the wallet with `book`, read the top-up after that and seen that it is not refunded
    beyond its amount, which the database would refuse.
    """
    debit = purchases.debit_of(top_up, new.amount_minor, refunded_nanos=purchases.refunded_nanos(top_up))
    entry = book.entry(
        top_up.customer_id,
        TransactionKind.REFUND,
        effect_key=f"refund:{new.id}",
        reason=new.reason,
        author_id=new.author_id,
    )
    bonus = money_back.take(book, entry, top_up, debit, purchases.read(top_up))
    if top_up.provider == ProviderName.ALIPAY:
        book.between(
            entry,
            currencies.to_nanos(new.amount_minor, top_up.currency),
            debit=LedgerAccount.EXCHANGE_CNY,
            credit=LedgerAccount.CLEARING_ALIPAY_CNY,
        )
    book.save()

    top_up.refunded_minor += new.amount_minor
    top_up.save(update_fields=["refunded_minor"])
    return Refund.objects.create(
        customer_id=top_up.customer_id,
        id=new.id,
        top_up_id=top_up.id,
        origin=new.origin,
        state=new.state,
        amount_minor=new.amount_minor,
        debit_nanos=debit,
        bonus_nanos=bonus,
        reason=new.reason,
        author_id=new.author_id,
        provider_refund_id=new.provider_refund_id,
        ledger_transaction_id=entry.id,
        requested_at=now,
        ended_at=now if new.state == RefundState.SUCCEEDED else None,
        next_check_at=new.next_check_at,
    )
