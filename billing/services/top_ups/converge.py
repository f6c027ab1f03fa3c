"""Making our books say what the provider's object says, however we came to ask.

Duplicates, order and loss of messages do not matter: what the object shows and is not posted, is posted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from billing.ledger.book import Book
from billing.models import PENDING, ReferenceKind, TopUp, TopUpState
from billing.payments import registry
from billing.payments.protocol import Lookup, Payment, PaymentProvider, PaymentState
from billing.services import payment_alerts
from billing.services.auto_top_ups import cards
from billing.services.disputes import post as disputes
from billing.services.refunds import found as refunds
from billing.services.top_ups import checks, credit, lookups, queries, references
from billing.services.top_ups.checks import Difference

log = structlog.get_logger()

# What a paid top-up's payment can show beside the payment. Each is called in converge's transaction, under
# the wallet's lock, as `effect(top_up, payment, now)`, and takes a book of its own.
Effect = Callable[[TopUp, Payment, datetime], None]
EFFECTS: Final[tuple[Effect, ...]] = (refunds.post_seen, disputes.post_seen, cards.keep)

_STATES: Final = {
    PaymentState.WAITING: TopUpState.OPEN,
    PaymentState.PROCESSING: TopUpState.PROCESSING,
    PaymentState.FAILED: TopUpState.FAILED,
    PaymentState.CLOSED: TopUpState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Converged:
    """The top-up as it is now. `difference`: the payment is not the one asked for; nothing was posted."""

    top_up: TopUp
    payment: Payment | None = None
    difference: Difference | None = None
    is_credited_now: bool = False


def converge(*, customer_id: UUID, top_up_id: UUID, now: datetime, hint: Lookup | None = None) -> Converged:
    """Ask the provider about a top-up's payment and post every effect that is not posted yet.

    Asks outside any transaction. `hint` is what a message names; it helps to find the payment and is believed
    no further. Raises `NotFound`, and what the provider raises. The caller wakes the publisher.
    """
    top_up = queries.get(customer_id=customer_id, top_up_id=top_up_id)
    provider = registry.get(top_up.provider)
    lookup = lookups.of(top_up, hint)
    payment = provider.fetch(lookup, refunds=lookups.our_refunds(top_up)) if lookup else None
    if payment is None:
        return Converged(top_up)

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        top_up = queries.get(customer_id=customer_id, top_up_id=top_up_id)
        return _apply(book, top_up, payment, provider, now=now)


def _apply(
    book: Book, top_up: TopUp, payment: Payment, provider: PaymentProvider, *, now: datetime
) -> Converged:
    difference = checks.find_difference(top_up, payment, provider)
    if difference is None:
        was = top_up.state
        try:
            with transaction.atomic():
                _post(book, top_up, payment, now=now)
        except references.Taken as taken:
            difference = Difference(taken.code, taken.detail)
        else:
            is_credited_now = was != top_up.state == TopUpState.PAID
            return Converged(top_up, payment, is_credited_now=is_credited_now)

    _tell(top_up, payment, difference, now=now)
    return Converged(queries.get(customer_id=top_up.customer_id, top_up_id=top_up.id), payment, difference)


def _post(book: Book, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    if payment.state == PaymentState.PAID and top_up.state != TopUpState.PAID:
        _credit(book, top_up, payment, now=now)
    if top_up.state == TopUpState.PAID:
        for effect in EFFECTS:
            effect(top_up, payment, now)
    elif top_up.state in PENDING:
        _follow(top_up, payment, now=now)


def _credit(book: Book, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    state_before = top_up.state
    credit.post(book, top_up, payment, now=now)
    log.info("top-up credited", top_up_id=str(top_up.id), state_before=state_before)
    if state_before not in PENDING:
        detail = f"the payment came after the top-up was {state_before}; it is credited all the same"
        _tell(top_up, payment, Difference("paid_after_end", detail), now=now)


def _tell(top_up: TopUp, payment: Payment, difference: Difference, *, now: datetime) -> None:
    payment_alerts.record(
        top_up=top_up,
        code=difference.code,
        detail=difference.detail,
        payment_id=payment.payment_id or "",
        now=now,
    )


def _follow(top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    """Take over the state of a payment that is not paid; an older answer than ours changes nothing."""
    state = _STATES[payment.state]
    if state == top_up.state or (state == TopUpState.OPEN and top_up.state != TopUpState.CREATED):
        return

    if not top_up.object_id:
        references.keep(top_up, ReferenceKind.OBJECT, payment.object_id)
        top_up.object_id = payment.object_id
    top_up.state = state
    top_up.failure = payment.failure[:500]
    if state not in PENDING:
        top_up.ended_at = now
        top_up.next_check_at = None
    top_up.save(update_fields=["object_id", "state", "failure", "ended_at", "next_check_at"])
