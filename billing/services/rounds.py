"""Work on many customers at once: those whose wallets are free first, and around those that stay locked."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from billing.ledger.book import Book

log = structlog.get_logger()

Work = Callable[[Book], int]


def work_around(customers: Collection[UUID], work: Work, *, now: datetime) -> tuple[int, set[UUID]]:
    """Run `work` on the customers' books and return its sum, and whose wallets stayed locked.

    Nobody waits for a wallet while others are locked. A busy customer's wallet may be locked whenever one
    looks: so each that was is waited for, alone, and left for the next run where that takes too long.
    """
    with transaction.atomic():
        book = Book.lock_free(customers, now=now)
        done = work(book)
        book.save()

    locked = set()
    for customer_id in sorted(set(customers) - book.wallets.keys()):
        try:
            with transaction.atomic():
                book = Book.lock([customer_id], now=now)
                done += work(book)
                book.save()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            log.warning("wallet stays locked; it is left for the next run", customer_id=str(customer_id))
            locked.add(customer_id)
    return done, locked
