"""Asking providers about top-ups on a schedule, so that a lost message costs minutes and never money."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from billing import sql
from billing.ledger.book import Book
from billing.models import PENDING, TopUp, TopUpState
from billing.payments import registry
from billing.payments.errors import ProviderError, Rejected
from billing.payments.names import ProviderName
from billing.payments.protocol import Lookup, PaymentState
from billing.services.top_ups import events, lookups, queries
from billing.services.top_ups.converge import Converged, converge
from billing.services.top_ups.references import Owner

log = structlog.get_logger()

BATCH: Final = 10
# Longer than a batch takes with a slow provider.
LEASE: Final = timedelta(minutes=3)

_SECONDS: Final = (10, 30, 60, 120, 300, 600, 1800)
UNPAID: Final = tuple(timedelta(seconds=seconds) for seconds in _SECONDS)
HOURLY_UNTIL: Final = timedelta(hours=25)
# What a bank takes days for.
SLOW: Final = timedelta(hours=6)
# Counted from one look at a paid top-up to the next; then only messages and reconciliation tell of refunds.
PAID: Final = tuple(timedelta(hours=hours) for hours in (1, 23, 48, 96, 168, 336))
# A trade that did not exist when it was given up may have come into being: one more look.
AFTER_END: Final = timedelta(hours=1)
LOST_SINCE: Final = timedelta(days=3)

# A saved card whose charge has no known outcome is asked about by who charges it, with the same key.
CLAIM = """
    update top_up
       set next_check_at = %(until)s
      from (select customer_id, id
              from top_up
             where next_check_at <= %(now)s and not (method = 'saved_card' and object_id = '')
             order by next_check_at
             limit %(most)s
               for update skip locked) as due
     where top_up.customer_id = due.customer_id and top_up.id = due.id
 returning top_up.customer_id, top_up.id, top_up.provider
"""
# What converge decided on meanwhile stands.
SCHEDULE = """
    update top_up
       set checks = checks + 1, next_check_at = %s
     where customer_id = %s and id = %s and next_check_at = %s
"""


def poll_due(*, now: datetime) -> int:
    """Ask about a batch of top-ups that are due and return how many; no two workers ask about one at once."""
    until = now + LEASE
    claimed = sql.fetch(CLAIM, {"until": until, "now": now, "most": BATCH})
    away: set[str] = set()
    for row in claimed:
        owner = Owner(row.customer_id, row.id)
        try:
            if row.provider not in away:
                _poll(owner, now=now)
        except ProviderError as error:
            log.warning("top-up not looked up", top_up_id=str(owner.top_up_id), error=str(error))
            if not isinstance(error, Rejected):
                # Who waits for each of them in turn keeps the worker from settling usage.
                away.add(row.provider)
        except Exception:
            log.exception("top-up not polled", top_up_id=str(owner.top_up_id))
        _schedule(owner, until, now=now)
    return len(claimed)


def sweep_lost(*, now: datetime) -> int:
    """Converge the payments of which a provider says that a message may be lost; return how many."""
    swept = 0
    for provider in registry.available():
        try:
            for lookup in provider.changed_since(now - LOST_SINCE):
                swept += _sweep(provider.name, lookup, now=now)
        except ProviderError as error:
            log.warning("lost messages not listed", provider=provider.name, error=str(error))
    return swept


def _sweep(provider: str, lookup: Lookup, *, now: datetime) -> bool:
    """Converge one; what is wrong with it keeps no other back, unless its provider is away."""
    try:
        return events.converge_named(provider, lookup, now=now)
    except Rejected as error:
        log.warning("payment not looked up", payment=lookup.object_id, reason=error.reason)
    except ProviderError:
        raise
    except Exception:
        log.exception("payment not converged", payment=lookup.object_id)
    return False


def _poll(owner: Owner, *, now: datetime) -> None:
    converged = converge(customer_id=owner.customer_id, top_up_id=owner.top_up_id, now=now)
    top_up = converged.top_up
    if top_up.state in PENDING and top_up.expires_at <= now and converged.difference is None:
        _end(top_up, converged, now=now)


def _end(top_up: TopUp, converged: Converged, *, now: datetime) -> None:
    """Let nobody pay any more, then ask once more; who was faster is credited."""
    if converged.payment is not None and converged.payment.state == PaymentState.PROCESSING:
        return

    lookup = lookups.of(top_up)
    if lookup is not None and lookup.object_id is not None:
        try:
            registry.get(top_up.provider).close(lookup.object_id)
        except Rejected as error:
            log.info("top-up not closed", top_up_id=str(top_up.id), reason=error.reason)
        converged = converge(customer_id=top_up.customer_id, top_up_id=top_up.id, now=now)
    if converged.payment is None:
        _expire(top_up, now=now)


def _expire(top_up: TopUp, *, now: datetime) -> None:
    """End a top-up of which the provider knows nothing."""
    is_alipays = top_up.provider == ProviderName.ALIPAY
    with transaction.atomic():
        Book.lock([top_up.customer_id], now=now)
        TopUp.objects.filter(customer_id=top_up.customer_id, id=top_up.id, state__in=PENDING).update(
            state=TopUpState.EXPIRED, ended_at=now, next_check_at=now + AFTER_END if is_alipays else None
        )


def _schedule(owner: Owner, leased_until: datetime, *, now: datetime) -> None:
    top_up = queries.get(customer_id=owner.customer_id, top_up_id=owner.top_up_id)
    sql.run(SCHEDULE, [_next_check(top_up, now), owner.customer_id, owner.top_up_id, leased_until])


def _next_check(top_up: TopUp, now: datetime) -> datetime | None:
    following = top_up.checks + 1
    if top_up.state == TopUpState.PAID:
        return now + PAID[following] if following < len(PAID) else None
    if top_up.state not in PENDING:
        return None

    if following < len(UNPAID):
        delay = UNPAID[following]
    else:
        delay = timedelta(hours=1) if now < top_up.created_at + HOURLY_UNTIL else SLOW
    return min(now + delay, top_up.expires_at) if now < top_up.expires_at else now + delay
