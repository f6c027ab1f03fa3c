"""Charging the card of a committed top-up, and finding out what came of a charge nobody knows the end of.

The provider's idempotency key comes from the top-up: however often a charge is repeated, it is one.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from billing import sql
from billing.ledger.book import Book
from billing.models import PENDING, AutoTopUp, TopUp, TopUpState
from billing.payments import registry
from billing.payments.errors import Declined, ProviderError, Rejected
from billing.payments.protocol import Lookup, Payment
from billing.services.auto_top_ups import settings, suspensions
from billing.services.auto_top_ups.decide import NOT_CHARGED, is_wanted
from billing.services.top_ups import orders, queries
from billing.services.top_ups.converge import converge

log = structlog.get_logger()

BATCH: Final = 10
# Longer than the provider's slowest answer, with its repetition.
LEASE: Final = timedelta(minutes=2)
# A card is charged only this long after its top-up began; from then on we only look.
CHARGES_FOR: Final = timedelta(minutes=10)
# What the provider does not know by then never reached it, and no longer will.
GIVES_UP_AFTER: Final = timedelta(minutes=30)
AGAIN: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600))
AUTHENTICATION: Final = "authentication_required"
# The provider holds a charge under our key that differs from the one we ask for: it may have been paid.
_UNCERTAIN: Final = frozenset({"idempotency_error"})

# A top-up whose payment has a name is the poller's.
CLAIM = """
    update top_up
       set next_check_at = %(until)s
      from (select customer_id, id
              from top_up
             where next_check_at <= %(now)s and method = 'saved_card' and object_id = ''
               and state = any(%(pending)s)
             order by next_check_at
             limit %(most)s
               for update skip locked) as due
     where top_up.customer_id = due.customer_id and top_up.id = due.id
 returning top_up.customer_id, top_up.id
"""


def go_on_due(*, now: datetime) -> int:
    """Go on with a batch of charges whose outcome nobody wrote down, and return how many there were.

    Raises what the provider raises where it is away; the rest of the batch waits until its lease is over.
    """
    pending = [str(state) for state in PENDING]
    claimed = sql.fetch(CLAIM, {"until": now + LEASE, "now": now, "pending": pending, "most": BATCH})
    for row in claimed:
        top_up = queries.get(customer_id=row.customer_id, top_up_id=row.id)
        try:
            if _may_charge(top_up, now=now):
                charge(top_up, now=now)
            else:
                _find_out(top_up, now=now)
        except Rejected as error:
            log.warning("automatic top-up not looked up", top_up_id=str(row.id), error=str(error))
            _schedule(top_up, now=now)
        except ProviderError:
            _schedule(top_up, now=now)
            raise
        except Exception:
            log.exception("automatic top-up failed", top_up_id=str(row.id))
            _schedule(top_up, now=now)
    return len(claimed)


def charge(top_up: TopUp, *, now: datetime) -> None:
    """Charge the card of a committed top-up, or learn what the same charge has led to before."""
    try:
        payment = registry.get(top_up.provider).charge_card(orders.of(top_up))
    except Declined as declined:
        reason = AUTHENTICATION if declined.needs_customer else declined.reason
        _refuse(top_up, reason, now=now)
    except Rejected as rejected:
        if rejected.reason not in _UNCERTAIN:
            _refuse(top_up, rejected.reason, now=now)
            return
        log.exception("charge known with other parameters", top_up_id=str(top_up.id))
        _find_out(top_up, now=now)
    except ProviderError:
        _schedule(top_up, now=now)
        raise
    else:
        _converge(top_up, payment, now=now)


def suspend_for(auto: AutoTopUp, top_up: TopUp, *, now: datetime) -> None:
    """Suspend because of a top-up that was refused; called under the wallet's lock."""
    reason = top_up.failure or top_up.state
    suspensions.suspend(auto, reason=reason, cause=str(top_up.id), now=now)


def _refuse(top_up: TopUp, reason: str, *, now: datetime) -> None:
    """Write down a refusal, and suspend before anybody can try again."""
    with transaction.atomic():
        Book.lock([top_up.customer_id], now=now)
        _end(top_up, reason, now=now)
        auto = settings.find(customer_id=top_up.customer_id)
        refused = queries.get(customer_id=top_up.customer_id, top_up_id=top_up.id)
        # Other terms were agreed to while this was under way.
        is_about_this = auto is not None and auto.agreed_at <= top_up.created_at
        if auto is not None and is_about_this and refused.state != TopUpState.PAID:
            suspend_for(auto, refused, now=now)


def _end(top_up: TopUp, failure: str, *, now: datetime) -> None:
    """A message that was faster has ended it already; then this changes nothing."""
    TopUp.objects.filter(customer_id=top_up.customer_id, id=top_up.id, state__in=PENDING).update(
        state=TopUpState.FAILED, failure=failure[:500], ended_at=now, next_check_at=None
    )


def _may_charge(top_up: TopUp, *, now: datetime) -> bool:
    """Whether the charge, should it be the first that arrives, is what the customer wants now."""
    if now >= top_up.created_at + CHARGES_FOR:
        return False

    with transaction.atomic():
        book = Book.lock([top_up.customer_id], now=now)
        auto = settings.find(customer_id=top_up.customer_id)
        return (
            auto is not None
            and auto.saved_card_id == top_up.saved_card_id
            and is_wanted(auto, book.wallets[top_up.customer_id])
        )


def _find_out(top_up: TopUp, *, now: datetime) -> None:
    payment = registry.get(top_up.provider).find_charge(orders.of(top_up))
    if payment is not None:
        _converge(top_up, payment, now=now)
    elif now < top_up.created_at + GIVES_UP_AFTER:
        _schedule(top_up, now=now)
    else:
        with transaction.atomic():
            Book.lock([top_up.customer_id], now=now)
            _end(top_up, NOT_CHARGED, now=now)


def _converge(top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    hint = Lookup(object_id=payment.object_id, payment_id=payment.payment_id)
    try:
        converge(customer_id=top_up.customer_id, top_up_id=top_up.id, now=now, hint=hint)
    except ProviderError:
        _schedule(top_up, now=now)
        raise


def _schedule(top_up: TopUp, *, now: datetime) -> None:
    """Come back to a top-up whose payment has no name yet; a poller's date for a named one stands."""
    delay = AGAIN[min(top_up.checks, len(AGAIN) - 1)]
    TopUp.objects.filter(
        customer_id=top_up.customer_id, id=top_up.id, state__in=PENDING, object_id=""
    ).update(next_check_at=now + delay, checks=top_up.checks + 1)
