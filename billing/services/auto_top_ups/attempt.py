"""Charging saved cards of customers whose credit runs low: decided and committed first, charged after."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import Unacceptable
from billing.ledger.book import Book
from billing.models import PENDING, AutoTopUp, TopUp, TopUpCause
from billing.payments import registry
from billing.payments.errors import ProviderError, Rejected, Unavailable
from billing.payments.names import Method, ProviderName
from billing.services.auto_top_ups import charge, settings, suspensions
from billing.services.auto_top_ups.decide import WINDOW, Decision, decide, is_wanted
from billing.services.mails import outbox
from billing.services.top_ups import start
from billing.services.top_ups.start import TooManyPending, TopUpRequest

log = structlog.get_logger()

BATCH: Final = 10

# Candidates only: what makes one is decided again under its wallet's lock. Few are low, so that all else is
# asked about them alone.
DUE = """
    with low as materialized (
        select auto.customer_id, auto.saved_card_id
          from auto_top_up auto
          join wallet on wallet.customer_id = auto.customer_id
         where auto.enabled and auto.suspended_at is null
           and (auto.next_check_at is null or auto.next_check_at <= %(now)s)
           and wallet.balance_nanos - wallet.held_nanos < auto.threshold_nanos
    )
    select low.customer_id
      from low
      join customer on customer.id = low.customer_id
      join saved_card card on card.customer_id = low.customer_id and card.id = low.saved_card_id
     where customer.state = 'active' and card.removed_at is null
       and not exists (select from top_up
                        where top_up.customer_id = low.customer_id and top_up.cause = 'auto'
                          and top_up.state = any(%(pending)s))
     limit %(most)s
"""


def begin_due(*, now: datetime) -> int:
    """Charge the cards of a batch of customers who are below their threshold; return how many were tried.

    Raises what the provider raises where it is away: nobody waits for it with each customer in turn.
    """
    try:
        registry.get(ProviderName.STRIPE)
    except Unavailable:
        return 0

    due = sql.fetch(DUE, {"now": now, "pending": [str(state) for state in PENDING], "most": BATCH})
    for row in due:
        try:
            top_up = begin(customer_id=row.customer_id, now=now)
            if top_up is not None:
                charge.charge(top_up, now=now)
        except Rejected as error:
            log.warning("automatic top-up not charged", customer_id=str(row.customer_id), error=str(error))
        except ProviderError:
            raise
        except OperationalError as error:
            # A busy wallet is looked at again in three seconds.
            log.warning("automatic top-up waits", customer_id=str(row.customer_id), error=str(error))
        except Exception:
            log.exception("automatic top-up failed", customer_id=str(row.customer_id))
            _look_later(row.customer_id, now=now)
    return len(due)


def begin(*, customer_id: UUID, now: datetime) -> TopUp | None:
    """Commit a top-up that the customer's terms ask for, before anybody is charged; None where none is due.

    It is the only one in flight, by a constraint.
    """
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        auto = settings.find(customer_id=customer_id)
        if auto is None or not is_wanted(auto, book.wallets[customer_id]) or _is_in_flight(customer_id):
            return None
        decision = decide(auto, now=now)
        if decision.charges:
            return _create(auto, now=now)
        _hold_back(auto, decision, now=now)
    return None


def _is_in_flight(customer_id: UUID) -> bool:
    return TopUp.objects.filter(customer_id=customer_id, cause=TopUpCause.AUTO, state__in=PENDING).exists()


def _create(auto: AutoTopUp, *, now: datetime) -> TopUp | None:
    request = TopUpRequest(
        customer_id=auto.customer_id,
        provider=ProviderName.STRIPE,
        method=Method.SAVED_CARD,
        amount_minor=auto.amount_minor,
        email=outbox.recipient_of(auto.customer_id),
        user_id=auto.agreed_by_id,
        cause=TopUpCause.AUTO,
        saved_card_id=auto.saved_card_id,
    )
    try:
        top_up = start.create(request, idempotency_key=f"auto:{uuid7()}", now=now)
    except TooManyPending:
        _wait(auto, now + WINDOW)
        return None
    except Unacceptable as refused:
        # The operator's limits have changed since the customer agreed.
        suspensions.suspend(auto, reason=refused.code, cause=f"{auto.customer_id}:{now.isoformat()}", now=now)
        return None
    # Who charges comes back to it then, and nobody else before.
    top_up.next_check_at = now + charge.LEASE
    top_up.save(update_fields=["next_check_at"])
    return top_up


def _hold_back(auto: AutoTopUp, decision: Decision, *, now: datetime) -> None:
    if decision.refused is not None:
        # Who was told of the refusal ended before this was written down.
        charge.suspend_for(auto, decision.refused, now=now)
        return

    assert decision.wait_until is not None
    _wait(auto, decision.wait_until)
    if decision.is_capped:
        month = f"{auto.customer_id}:{now:%Y-%m}:{auto.monthly_cap_minor}"
        suspensions.tell(auto, reason=suspensions.CAP_REACHED, cause=month, now=now)


def _wait(auto: AutoTopUp, until: datetime) -> None:
    auto.next_check_at = until
    auto.save(update_fields=["next_check_at"])


def _look_later(customer_id: UUID, *, now: datetime) -> None:
    """A customer whose top-up cannot even begin must not keep the others waiting."""
    later = now + timedelta(minutes=5)
    AutoTopUp.objects.filter(customer_id=customer_id).update(next_check_at=later)
