"""The money of a dispute: each balance transaction of the provider posts once, whatever was told in words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from billing.ledger.accounts import Entry
from billing.ledger.book import Book
from billing.models import Dispute, LedgerAccount, LedgerTransaction, TopUp, TransactionKind
from billing.payments import currencies
from billing.payments.protocol import DisputeSeen, MoneyMoved
from billing.services import money_back, payment_alerts, purchases

_FEE: Final = ":fee"


def post_moved(dispute: Dispute, top_up: TopUp, seen: DisputeSeen, *, now: datetime) -> bool:
    """Post what `seen` shows and is not posted; return whether there was any. What was withdrawn comes first.

    Amounts are the balance transactions', which can differ from the payment's. Called under the wallet's
    lock; `taken_minor` and `disputed_minor` change in memory.
    """
    posted = _posted(top_up, seen.moved)
    is_new = False
    for moved in sorted(seen.moved, key=lambda moved: moved.amount_minor):
        if posted.keys() & {effect_key(moved), effect_key(moved) + _FEE}:
            continue
        if moved.currency != top_up.currency:
            detail = f"{moved.transaction_id} of a dispute is in {moved.currency} and not posted"
            _tell(top_up, "dispute_currency", detail, now=now)
            continue
        if moved.amount_minor > dispute.taken_minor:
            detail = f"{moved.transaction_id} gives back more than {seen.dispute_id} took, and is not posted"
            _tell(top_up, "reinstated_above_taken", detail, now=now)
            continue
        _post(dispute, top_up, moved, seen, now=now)
        is_new = True
    if is_new and top_up.refunded_minor + top_up.disputed_minor > top_up.amount_minor:
        _tell(top_up, "more_back_than_paid", "refunds and disputes are more than was paid", now=now)
    return is_new


def effect_key(moved: MoneyMoved) -> str:
    return f"stripe:txn:{moved.transaction_id}"


def _post(dispute: Dispute, top_up: TopUp, moved: MoneyMoved, seen: DisputeSeen, *, now: datetime) -> None:
    book = Book.lock([top_up.customer_id], now=now)
    _post_fee(book, dispute, moved)
    nanos = currencies.to_nanos(abs(moved.amount_minor), moved.currency)
    if moved.amount_minor < 0:
        entry = _entry(book, dispute, TransactionKind.DISPUTE, effect_key(moved))
        money_back.take(book, entry, top_up, nanos, purchases.read(top_up))
    elif moved.amount_minor > 0:
        entry = _entry(book, dispute, TransactionKind.DISPUTE_REVERSAL, effect_key(moved))
        taken_by = list(_posted(top_up, [each for each in seen.moved if each.amount_minor < 0]).values())
        money, _ = money_back.taken(top_up, taken_by)
        left = currencies.to_nanos(dispute.taken_minor, moved.currency)
        money_back.put_back(book, entry, top_up, nanos, taken_by=taken_by, before=money - left)
    book.save()
    dispute.taken_minor -= moved.amount_minor
    top_up.disputed_minor -= moved.amount_minor


def _post_fee(book: Book, dispute: Dispute, moved: MoneyMoved) -> None:
    """What the provider asks for the dispute is the house's to pay, and back where it gives it back."""
    if not moved.fee_minor:
        return
    fee, clearing = LedgerAccount.EXPENSE_DISPUTE_FEE, LedgerAccount.CLEARING_STRIPE
    nanos = currencies.to_nanos(abs(moved.fee_minor), moved.currency)
    if moved.fee_minor > 0:
        entry = _entry(book, dispute, TransactionKind.DISPUTE, effect_key(moved) + _FEE)
        book.between(entry, nanos, debit=fee, credit=clearing)
    else:
        entry = _entry(book, dispute, TransactionKind.DISPUTE_REVERSAL, effect_key(moved) + _FEE)
        book.between(entry, nanos, debit=clearing, credit=fee)


def _entry(book: Book, dispute: Dispute, kind: TransactionKind, key: str) -> Entry:
    return book.entry(dispute.customer_id, kind, effect_key=key, reason=f"dispute {dispute.id}")


def _posted(top_up: TopUp, moved: Iterable[MoneyMoved]) -> dict[str, UUID]:
    """The ledger transactions of these balance transactions and of their fees, by effect key."""
    keys = [effect_key(each) + part for each in moved for part in ("", _FEE)]
    posted = LedgerTransaction.objects.filter(customer_id=top_up.customer_id, effect_key__in=keys)
    return {str(key): posted_id for key, posted_id in posted.values_list("effect_key", "id")}


def _tell(top_up: TopUp, code: str, detail: str, *, now: datetime) -> None:
    payment_alerts.record(top_up=top_up, code=code, detail=detail, payment_id=top_up.payment_id, now=now)
