"""Credit that is given, corrected by hand, or lapses."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.errors import RequestConflict, Unacceptable
from billing.ledger.book import Book
from billing.models import LedgerAccount, LotKind, TransactionKind

# The first transfer is the effect itself; a repayment of debt may follow it.
POSTED = """
    select posted.kind,
           case when transfer.credit_account = %s then amount_nanos else -amount_nanos end as amount_nanos
      from ledger_transaction posted
      join transfer on transfer.customer_id = posted.customer_id
                   and transfer.ledger_transaction_id = posted.id and transfer.position = 0
     where posted.customer_id = %s and posted.effect_key = %s
"""
MOST_NANOS = 1_000_000 * 10**9


def grant(
    *,
    customer_id: UUID,
    amount_nanos: int,
    reason: str,
    effect_key: str,
    now: datetime,
    expires_at: datetime | None = None,
    author_id: UUID | None = None,
) -> bool:
    """Give promotional credit and return True, or False where `effect_key` was posted before."""
    _require(amount_nanos, reason)
    if expires_at is not None and expires_at <= now:
        raise Unacceptable("must lie in the future", field="expires_at")

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        if _is_posted(customer_id, effect_key, TransactionKind.GRANT, amount_nanos):
            return False
        entry = book.entry(
            customer_id, TransactionKind.GRANT, effect_key=effect_key, reason=reason, author_id=author_id
        )
        book.credit(
            entry,
            amount_nanos,
            source=LedgerAccount.EXPENSE_PROMOTION,
            lot_kind=LotKind.PROMOTIONAL,
            expires_at=expires_at,
        )
        book.save()
    return True


def adjust(
    *, customer_id: UUID, amount_nanos: int, reason: str, author_id: UUID, effect_key: str, now: datetime
) -> bool:
    """Correct a wallet by hand, up or down, and return True, or False where `effect_key` was posted before.

    A correction downwards takes only what is available: nobody comes to owe by hand.
    """
    _require(abs(amount_nanos), reason)

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        if _is_posted(customer_id, effect_key, TransactionKind.ADJUSTMENT, amount_nanos):
            return False
        entry = book.entry(
            customer_id, TransactionKind.ADJUSTMENT, effect_key=effect_key, reason=reason, author_id=author_id
        )
        if amount_nanos > 0:
            book.credit(entry, amount_nanos, source=LedgerAccount.EQUITY_ADJUSTMENT, lot_kind=LotKind.BOUGHT)
        elif -amount_nanos > book.wallets[customer_id].available:
            raise Unacceptable("takes more than is available", field="amount")
        else:
            book.debit(entry, -amount_nanos, to=LedgerAccount.EQUITY_ADJUSTMENT)
        book.save()
    return True


def _is_posted(customer_id: UUID, effect_key: str, kind: TransactionKind, amount_nanos: int) -> bool:
    """Whether this effect was posted before; one key for two different effects is a conflict."""
    posted = sql.fetch(POSTED, [LedgerAccount.WALLET.value, customer_id, effect_key])
    if any((row.kind, row.amount_nanos) != (kind.value, amount_nanos) for row in posted):
        raise RequestConflict("this effect key was posted with another amount or kind", effect_key=effect_key)
    return bool(posted)


def _require(amount_nanos: int, reason: str) -> None:
    if not 0 < amount_nanos <= MOST_NANOS:
        raise Unacceptable("must be more than 0 and at most 1,000,000", field="amount")
    if not reason.strip():
        raise Unacceptable("a reason is required", field="reason")
