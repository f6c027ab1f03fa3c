"""Expiry of credit: a lot's remainder lapses when its time is over, as its own ledger transaction."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from billing import sql
from billing.ledger.book import Book
from billing.models import LedgerAccount, TransactionKind

log = structlog.get_logger()

BATCH = 1000

# What running holds have set aside waits: it lapses once they have ended.
EXPIRED = """
    select lot.customer_id, lot.id
      from credit_lot lot
      join wallet on wallet.customer_id = lot.customer_id
     where lot.has_credit and lot.expires_at <= %s and wallet.balance_nanos > wallet.held_nanos
       and lot.customer_id <> all(%s::uuid[])
     order by lot.customer_id, lot.expires_at, lot.id
     limit %s
"""

REMAINING = "select remaining_nanos from credit_lot where customer_id = %s and id = %s and expires_at <= %s"


def expire(*, now: datetime) -> int:
    """Lapse what is left of every expired lot and return the nanos that lapsed.

    A customer whose lot fails is logged and left for the next run.
    """
    failed: set[UUID] = set()
    lapsed = 0
    while True:
        known = len(failed)
        batch = _expire_batch(failed, now=now)
        lapsed += batch
        if not batch and len(failed) == known:
            return lapsed


def _expire_batch(failed: set[UUID], *, now: datetime) -> int:
    """Lapse a batch of lots and return the nanos; passes over customers that `failed`, and adds to them."""
    lapsed = 0
    for customer_id, lot_id in sql.fetch_tuples(EXPIRED, [now, sql.array([*failed]), BATCH]):
        if customer_id in failed:
            continue
        try:
            lapsed += _expire_lot(customer_id, lot_id, now=now)
        except Exception:
            log.exception("lot not expired", customer_id=str(customer_id), lot_id=str(lot_id))
            failed.add(customer_id)
    return lapsed


def _expire_lot(customer_id: UUID, lot_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        # A lot that was given more time meanwhile is not found.
        remaining: int = sum(row.remaining_nanos for row in sql.fetch(REMAINING, [customer_id, lot_id, now]))
        lapsing = min(remaining, book.wallets[customer_id].available)
        if lapsing <= 0:
            return 0
        entry = book.entry(customer_id, TransactionKind.EXPIRY, reason=f"lot {lot_id}")
        book.debit(entry, lapsing, to=LedgerAccount.REVENUE_EXPIRED_CREDIT, lot_id=lot_id)
        book.save()
    return lapsing
