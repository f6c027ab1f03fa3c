"""Asking the provider for a refund that is debited: as often as it takes, each time as the same one."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from billing.errors import NotFound
from billing.ledger.book import Book
from billing.models import Refund, RefundState, TopUp
from billing.payments import registry
from billing.payments.errors import Rejected, Unreachable
from billing.payments.protocol import RefundOrder, RefundSeen
from billing.services.refunds import fail, found
from billing.services.top_ups import lookups, queries

log = structlog.get_logger()

ENDED = (RefundState.SUCCEEDED, RefundState.FAILED)
# The provider knows our reference with other parameters: something was done under it.
_SAYS_NOTHING = frozenset({"idempotency_error", "ACQ.DISCORDANT_REPEAT_REQUEST"})


def send(*, customer_id: UUID, refund_id: UUID, now: datetime) -> Refund:
    """Ask for the refund and store what came of it; one that has ended is returned as it is.

    What the provider refuses is undone. Raises `Unreachable` or `Unavailable` where the outcome is unknown:
    then the refund stays requested, and the retry asks again for the same one. Never called in a transaction.
    """
    refund, top_up = get(customer_id=customer_id, refund_id=refund_id)
    if refund.state in ENDED:
        return refund

    try:
        seen: RefundSeen | None = registry.get(top_up.provider).refund(_order(refund, top_up))
        failure = ""
    except Rejected as error:
        log.warning("refund rejected", refund_id=str(refund_id), reason=error.reason, detail=error.detail)
        seen, failure = _look_up(refund, top_up), error.reason
        if seen is None and error.reason in _SAYS_NOTHING:
            raise Unreachable("the provider knows this refund as another one") from error

    with transaction.atomic():
        Book.lock([customer_id], now=now)
        refund, top_up = get(customer_id=customer_id, refund_id=refund_id)
        if seen is not None:
            found.take_over(refund, top_up, seen, now=now)
        elif refund.state == RefundState.REQUESTED:
            fail.post(refund, top_up, failure=failure, now=now)
            # Perhaps it was refused for a refund that we do not know of.
            top_up.next_check_at = now
            top_up.save(update_fields=["next_check_at"])
    return refund


def get(*, customer_id: UUID, refund_id: UUID) -> tuple[Refund, TopUp]:
    refund = Refund.objects.filter(customer_id=customer_id, id=refund_id).first()
    if refund is None:
        raise NotFound("No such refund.")
    return refund, queries.get(customer_id=customer_id, top_up_id=refund.top_up_id)


def _order(refund: Refund, top_up: TopUp) -> RefundOrder:
    """Made of stored rows alone, so that a repetition is the same."""
    return RefundOrder(
        reference=refund.reference,
        object_id=top_up.object_id,
        payment_id=top_up.payment_id,
        amount_minor=refund.amount_minor,
        currency=top_up.currency,
        reason=refund.reason,
    )


def _look_up(refund: Refund, top_up: TopUp) -> RefundSeen | None:
    """The refund as the provider has it after all: a repetition may be refused for its own first try."""
    lookup = lookups.of(top_up)
    assert lookup is not None, "a paid top-up has a payment"
    payment = registry.get(top_up.provider).fetch(lookup, refunds=[refund.reference])
    shown = payment.refunds if payment else ()
    return next((seen for seen in shown if seen.reference == refund.reference), None)
