"""Asking again about refunds that have not ended, so that a lost answer costs minutes and never money."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from billing import sql
from billing.models import Refund, RefundOrigin, RefundState
from billing.payments.errors import ProviderError, Rejected
from billing.services import payment_alerts
from billing.services.refunds import send
from billing.services.top_ups.converge import converge

log = structlog.get_logger()

BATCH: Final = 10
# Longer than a batch takes with a slow provider.
LEASE: Final = timedelta(minutes=3)
_MINUTES: Final = (1, 2, 5, 10, 30, 60, 360)
DELAYS: Final = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
# A bank may take ten days; a provider that does not even take the refund for one needs somebody to look.
TOO_LONG: Final = {RefundState.REQUESTED: timedelta(days=1), RefundState.PENDING: timedelta(days=10)}

CLAIM = """
    update refund
       set next_check_at = %(until)s
      from (select customer_id, id
              from refund
             where next_check_at <= %(now)s
             order by next_check_at
             limit %(most)s
               for update skip locked) as due
     where refund.customer_id = due.customer_id and refund.id = due.id
 returning refund.customer_id, refund.id
"""
# What was decided on meanwhile stands.
SCHEDULE = """
    update refund
       set checks = checks + 1, next_check_at = %s
     where customer_id = %s and id = %s and next_check_at = %s
"""


def retry_due(*, now: datetime) -> int:
    """Ask about a batch of refunds that are due and return how many; no two workers ask about one at once."""
    until = now + LEASE
    claimed = sql.fetch(CLAIM, {"until": until, "now": now, "most": BATCH})
    away: set[str] = set()
    for row in claimed:
        try:
            _ask(row.customer_id, row.id, away, now=now)
        except ProviderError as error:
            log.warning("refund not asked about", refund_id=str(row.id), error=str(error))
        except Exception:
            log.exception("refund not retried", refund_id=str(row.id))
        _schedule(row.customer_id, row.id, until, now=now)
    return len(claimed)


def _ask(customer_id: UUID, refund_id: UUID, away: set[str], *, now: datetime) -> None:
    """Ours is asked for again, as the same one; one that was found there is looked at.

    Providers that are `away` are not asked, and one that turns out to be is added.
    """
    refund, top_up = send.get(customer_id=customer_id, refund_id=refund_id)
    if top_up.provider in away:
        return
    try:
        if refund.origin == RefundOrigin.OPERATOR:
            send.send(customer_id=customer_id, refund_id=refund_id, now=now)
        else:
            converge(customer_id=customer_id, top_up_id=top_up.id, now=now)
    except ProviderError as error:
        if not isinstance(error, Rejected):
            # Who waits for each of them in turn keeps the worker from settling usage.
            away.add(top_up.provider)
        raise


def _schedule(customer_id: UUID, refund_id: UUID, leased_until: datetime, *, now: datetime) -> None:
    refund, top_up = send.get(customer_id=customer_id, refund_id=refund_id)
    if refund.state in send.ENDED:
        return

    if now - refund.requested_at > TOO_LONG[RefundState(refund.state)]:
        detail = f"refund {refund.id} is {refund.state} since {refund.requested_at:%Y-%m-%d %H:%M} UTC"
        payment_alerts.record(top_up=top_up, code="refund_waits", detail=detail, now=now)
    sql.run(SCHEDULE, [now + _delay(refund), customer_id, refund_id, leased_until])


def _delay(refund: Refund) -> timedelta:
    return DELAYS[min(refund.checks, len(DELAYS) - 1)]
