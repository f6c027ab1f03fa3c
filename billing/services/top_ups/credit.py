"""Credit for a payment, once for life: lots, journal and the paid top-up in one transaction."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from billing.ledger.accounts import Entry
from billing.ledger.book import Book
from billing.models import LedgerAccount, LotKind, ReferenceKind, TopUp, TopUpState, TransactionKind
from billing.payments import currencies
from billing.payments.names import ProviderName
from billing.payments.protocol import Payment
from billing.services.top_ups import offers, references

# A paid top-up is looked at again for refunds that nobody told us of.
AFTER_PAYMENT: Final = timedelta(hours=1)
_PAID_FIELDS: Final = (
    *("state", "object_id", "payment_id", "paid_at", "ended_at", "failure", "checks", "next_check_at"),
    *("ledger_transaction_id", "lot_id", "bonus_lot_id"),
)


def post(book: Book, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    """Credit a top-up that is not paid yet, with its bonus, and mark it as paid.

    The caller has locked the wallet with `book`, read the top-up after that and compared it with `payment`.
    Debt is repaid first, by the book. Raises `Taken` where the payment counts for another top-up.
    """
    assert top_up.state != TopUpState.PAID
    assert payment.payment_id

    references.keep(top_up, ReferenceKind.PAYMENT, payment.payment_id)
    references.keep(top_up, ReferenceKind.OBJECT, payment.object_id)
    entry = book.entry(
        top_up.customer_id,
        TransactionKind.TOP_UP,
        effect_key=effect_key(top_up, payment),
        reason=f"top-up {top_up.id}",
    )
    lot_id = _credit(book, entry, top_up)
    bonus_lot_id = _credit_bonus(book, entry, top_up, now=now)
    book.save()

    top_up.state = TopUpState.PAID
    top_up.object_id = payment.object_id
    top_up.payment_id = payment.payment_id
    top_up.paid_at = payment.paid_at or now
    top_up.ended_at = now
    top_up.failure = ""
    top_up.checks = 0
    top_up.next_check_at = now + AFTER_PAYMENT
    top_up.ledger_transaction_id = entry.id
    top_up.lot_id = lot_id
    top_up.bonus_lot_id = bonus_lot_id
    top_up.save(update_fields=_PAID_FIELDS)


def effect_key(top_up: TopUp, payment: Payment) -> str:
    if top_up.provider == ProviderName.STRIPE:
        return f"stripe:pi:{payment.payment_id}:credit"

    app_id, _, _ = payment.account.partition(":")
    return f"alipay:{app_id}:{top_up.reference}:credit"


def _credit(book: Book, entry: Entry, top_up: TopUp) -> UUID:
    if top_up.provider == ProviderName.STRIPE:
        source = LedgerAccount.CLEARING_STRIPE
    else:
        source = LedgerAccount.EXCHANGE_USD
        book.between(
            entry,
            currencies.to_nanos(top_up.amount_minor, top_up.currency),
            debit=LedgerAccount.CLEARING_ALIPAY_CNY,
            credit=LedgerAccount.EXCHANGE_CNY,
        )
    return book.credit(entry, top_up.credit_nanos, source=source, lot_kind=LotKind.BOUGHT)


def _credit_bonus(book: Book, entry: Entry, top_up: TopUp, *, now: datetime) -> UUID | None:
    if not top_up.bonus_nanos:
        return None

    # Plans are never changed: the one of the top-up's own moment is still there.
    plan = offers.plan_in_force(now=top_up.created_at)
    days = plan.expires_days if plan else None
    return book.credit(
        entry,
        top_up.bonus_nanos,
        source=LedgerAccount.EXPENSE_PROMOTION,
        lot_kind=LotKind.PROMOTIONAL,
        expires_at=now + timedelta(days=days) if days else None,
    )
