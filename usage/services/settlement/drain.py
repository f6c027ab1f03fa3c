"""Draining the inbox: batch after batch; a batch that fails is halved until the bad event stands alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, transaction
from psycopg.errors import (
    IdleInTransactionSessionTimeout,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
)

from billing.ledger.book import Book
from billing.request_keys import RequestKeys
from usage.services.settlement import batch, rows
from usage.services.settlement.batch import NOTHING, Settled
from usage.services.settlement.rows import Claimed

log = structlog.get_logger()

TRIES = 3
# A column that is not migrated yet, a right that is missing, a plan that a migration made invalid: during a
# deploy the database and this code do not fit, whatever the event. FEATURE_NOT_SUPPORTED is what PostgreSQL
# answers to a prepared statement whose result has changed.
DEPLOY_CLASSES = ("42", "0A")
BEFORE_ALL = UUID(int=0)
Keys = Sequence[tuple[UUID, UUID]]


class _Round:
    """Where this process is on its way through the customers.

    Processes that settle at the same time skip each other's events, and by taking whole customers each they
    do not wait for each other's wallets. Going on behind the last customer gives everybody a turn, however
    many events one of them has.
    """

    def __init__(self) -> None:
        self._after = BEFORE_ALL

    def claim(self, limit: int) -> list[Claimed]:
        """Lock the events of the next customers; none: all that is left is locked by others."""
        claimed = rows.claim(limit, after=self._after)
        if not claimed and self._after != BEFORE_ALL:
            claimed = rows.claim(limit, after=BEFORE_ALL)
        if len(claimed) == limit:
            claimed = _without_the_last_customer(claimed)
        self._after = claimed[-1].customer_id if claimed else BEFORE_ALL
        return claimed


_round = _Round()


def _without_the_last_customer(claimed: list[Claimed]) -> list[Claimed]:
    """Leave a customer of whom the batch may have a part only for the next one, unless there is no other."""
    last = claimed[-1].customer_id
    return [event for event in claimed if event.customer_id != last] or claimed


def settle_next(*, now: datetime) -> Settled:
    """Settle one batch of the customers whose turn it is.

    No events settled and none `waiting`: the inbox is empty, or other settlers have claimed all that is left.
    Where some are waiting, the customers behind them may have events that can be settled.
    """
    claimed: list[Claimed] = []
    try:
        with transaction.atomic():
            claimed = _round.claim(settings.SETTLE_BATCH_SIZE)
            done, busy = _charge_free(claimed, now=now)
    except Exception as error:
        if not claimed:
            raise
        return _settle_failed([event.key for event in claimed], error, now=now)
    return done.and_then(_settle_busy(busy, now=now)) if busy else done


def _charge_free(events: Sequence[Claimed], *, now: datetime) -> tuple[Settled, Keys]:
    """Charge those events whose wallets nobody has locked; returns the others' keys."""
    if not events:
        return NOTHING, []

    book = Book.lock_free((event.customer_id for event in events), now=now)
    free = [event for event in events if event.customer_id in book.wallets]
    busy = [event.key for event in events if event.customer_id not in book.wallets]
    return batch.settle(free, book) if free else NOTHING, busy


def _settle_busy(keys: Keys, *, now: datetime) -> Settled:
    """Settle what others had locked, in a transaction of its own: nobody waits for us while we wait."""
    try:
        with transaction.atomic():
            return _charge(rows.claim_these(keys), now=now)
    except Exception as error:  # noqa: BLE001 - whatever the events fail on, they are kept.
        if isinstance(error.__cause__, LockNotAvailable):
            log.warning("wallets stay locked; their events wait", events=len(keys))
            return replace(NOTHING, waiting=len(keys))
        return _settle_failed(keys, error, now=now)


def _settle_failed(keys: Keys, error: Exception, *, now: datetime) -> Settled:
    log.warning("batch failed; settling it in parts", events=len(keys), error=repr(error))
    return _settle_parts(keys, now=now)


def _charge(events: Sequence[Claimed], *, now: datetime) -> Settled:
    if not events:
        return NOTHING
    return batch.settle(events, Book.lock((event.customer_id for event in events), now=now))


def _settle_parts(keys: Keys, *, now: datetime) -> Settled:
    """Settle `keys` in halves of halves; one that fails alone is quarantined with its error.

    What the database refuses for its own reasons is no fault of an event: only a batch that takes too long is
    halved for it.
    """
    done = NOTHING
    parts = [keys]
    while parts:
        part = parts.pop()
        try:
            done = done.and_then(_settle_these(part, now=now))
        except (OperationalError, InterfaceError) as error:
            if not isinstance(error.__cause__, QueryCanceled) or len(part) == 1:
                raise
            parts += _halves(part)
        except Exception as error:
            if _is_of_the_database(error):
                log.warning("settlement waits: the database refuses it", events=len(keys), error=repr(error))
                raise
            if len(part) > 1:
                parts += _halves(part)
            else:
                _quarantine(part[0], error)
                done = done.and_then(Settled(events=1, charges=0, keys_changed=False))
    return done


def _is_of_the_database(error: Exception) -> bool:
    """Whether the server refused the batch for its own reasons.

    It only reads, after a failover, or gave up on us, or its schema is not the one that this code knows.
    """
    if not isinstance(error, DatabaseError):
        return False

    if isinstance(error, InternalError):
        return isinstance(error.__cause__, ReadOnlySqlTransaction | IdleInTransactionSessionTimeout)
    state = getattr(error.__cause__, "sqlstate", None)
    return state is not None and state.startswith(DEPLOY_CLASSES)


def _halves(part: Keys) -> list[Keys]:
    middle = len(part) // 2
    return [part[middle:], part[:middle]]


def _settle_these(keys: Keys, *, now: datetime) -> Settled:
    """Settle those of `keys` that are still there; tried again where it lost against other transactions."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _charge(rows.claim_these(keys), now=now)
        except OperationalError:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _quarantine(key: tuple[UUID, UUID], error: Exception) -> None:
    log.error("event quarantined", request_id=str(key[1]), error=repr(error))
    with transaction.atomic():
        if rows.claim_these([key]):
            rows.quarantine([(*key, "settlement_failed", repr(error)[:500])])
            rows.empty_inbox(RequestKeys([key]))
