"""Draining the inbox: batch after batch; a batch that fails is halved until the bad event stands alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from psycopg.errors import QueryCanceled

from usage.services.settlement import batch, rows
from usage.services.settlement.batch import Settled

log = structlog.get_logger()

TRIES = 3


def settle_all(*, now: datetime) -> Settled:
    """Settle until the inbox is empty or all that is left is another settler's."""
    events = charges = 0
    keys_changed = False
    while True:
        done = _settle_next(settings.SETTLE_BATCH_SIZE, now=now)
        events += done.events
        charges += done.charges
        keys_changed = keys_changed or done.keys_changed
        if done.events == 0:
            return Settled(events, charges, keys_changed)


def _settle_next(limit: int, *, now: datetime) -> Settled:
    claimed: list[rows.Claimed] = []
    try:
        with transaction.atomic():
            claimed = rows.claim(limit)
            return batch.settle(claimed, now=now) if claimed else Settled(0, 0, keys_changed=False)
    except Exception as error:
        if not claimed:
            raise
        log.warning("batch failed; settling it in parts", events=len(claimed), error=repr(error))
        return _settle_parts([event.key for event in claimed], now=now)


def _settle_parts(keys: Sequence[tuple[UUID, UUID]], *, now: datetime) -> Settled:
    """Settle `keys` in halves of halves; one that fails alone is quarantined with its error.

    What the database refuses for its own reasons is no fault of an event: only a batch that takes too long is
    halved for it.
    """
    done = Settled(0, 0, keys_changed=False)
    parts = [keys]
    while parts:
        part = parts.pop()
        try:
            part_done = _settle_these(part, now=now)
            done = Settled(
                done.events + part_done.events,
                done.charges + part_done.charges,
                done.keys_changed or part_done.keys_changed,
            )
        except (OperationalError, InterfaceError) as error:
            if not isinstance(error.__cause__, QueryCanceled) or len(part) == 1:
                raise
            parts += _halves(part)
        except Exception as error:  # noqa: BLE001 - whatever an event fails on, it is kept with it.
            if len(part) > 1:
                parts += _halves(part)
            else:
                _quarantine(part[0], error)
                done = Settled(done.events + 1, done.charges, done.keys_changed)
    return done


def _halves(part: Sequence[tuple[UUID, UUID]]) -> list[Sequence[tuple[UUID, UUID]]]:
    middle = len(part) // 2
    return [part[middle:], part[:middle]]


def _settle_these(keys: Sequence[tuple[UUID, UUID]], *, now: datetime) -> Settled:
    """Settle those of `keys` that are still there; tried again where it lost against other transactions."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                events = rows.claim_these(keys)
                return batch.settle(events, now=now) if events else Settled(0, 0, keys_changed=False)
        except OperationalError:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _quarantine(key: tuple[UUID, UUID], error: Exception) -> None:
    log.error("event quarantined", request_id=str(key[1]), error=repr(error))
    with transaction.atomic():
        if rows.claim_these([key]):
            rows.quarantine([(*key, "settlement_failed", repr(error)[:500])])
            rows.empty_inbox([key])
