"""Refunds as the provider shows them: our own go on, others get their row and their debit, each once."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from uuid_utils.compat import uuid7

from billing.ledger.book import Book
from billing.models import ReferenceKind, Refund, RefundOrigin, RefundState, TopUp
from billing.payments import protocol
from billing.payments.protocol import Payment, RefundSeen
from billing.services import payment_alerts, purchases
from billing.services.refunds import fail, post
from billing.services.refunds.post import NewRefund
from billing.services.top_ups import references

log = structlog.get_logger()

# What a bank takes days for is asked about later.
FIRST_CHECK: Final = timedelta(minutes=10)
SOON: Final = timedelta(minutes=1)
_FAILED: Final = protocol.RefundState.FAILED
_STATES: Final = {
    protocol.RefundState.PENDING: RefundState.PENDING,
    protocol.RefundState.SUCCEEDED: RefundState.SUCCEEDED,
}


def post_seen(top_up: TopUp, payment: Payment, now: datetime) -> None:
    """Post every refund of a paid top-up that `payment` shows and is not posted.

    Called in the transaction of who converges, under the wallet's lock. What failed comes first: it makes
    room for what was refunded after it.
    """
    if not payment.refunds:
        return

    refunds = purchases.refunds_of(top_up)
    for seen in sorted(payment.refunds, key=lambda seen: seen.state != _FAILED):
        refund = _find(refunds, seen)
        if refund is not None:
            take_over(refund, top_up, seen, now=now)
        elif (new := _post_new(top_up, seen, refunds, now=now)) is not None:
            refunds.append(new)


def take_over(refund: Refund, top_up: TopUp, seen: RefundSeen, *, now: datetime) -> None:
    """Bring a refund to the state that its provider shows; an older answer than ours changes nothing.

    Called under the wallet's lock, with rows that were read after it. One that was given up meanwhile and is
    there all the same is left to who converges next.
    """
    if _was_given_up(refund, seen):
        top_up.next_check_at = now
        top_up.save(update_fields=["next_check_at"])
        return
    if _is_rest(seen.refund_id):
        # It shrinks as refunds in it become known by name; together they stay what was posted.
        return
    if (seen.amount_minor, seen.currency) != (refund.amount_minor, top_up.currency):
        detail = f"refund {refund.id} of {refund.amount_minor} is {seen.amount_minor} {seen.currency} there"
        _tell(top_up, "refund_differs", detail, now=now)
        return

    if refund.provider_refund_id == "":
        references.keep(top_up, ReferenceKind.REFUND, seen.refund_id)
        refund.provider_refund_id = seen.refund_id
        refund.save(update_fields=["provider_refund_id"])
    if refund.state == RefundState.FAILED:
        return
    if seen.state == _FAILED:
        fail.post(refund, top_up, failure=seen.reason or "failed at the provider", now=now)
    elif refund.state != RefundState.SUCCEEDED and refund.state != _STATES[seen.state]:
        refund.state = _STATES[seen.state]
        ends = refund.state == RefundState.SUCCEEDED
        refund.ended_at = now if ends else None
        refund.next_check_at = None if ends else now + FIRST_CHECK
        refund.checks = 0
        refund.save(update_fields=["state", "ended_at", "next_check_at", "checks"])


def _find(refunds: list[Refund], seen: RefundSeen) -> Refund | None:
    """By the provider's id; else ours by our reference, unless it was given up and is there all the same.

    Then its money has left: it is posted like one found there.
    """
    for refund in refunds:
        if refund.provider_refund_id == seen.refund_id:
            return refund
    for refund in refunds:
        if refund.origin == RefundOrigin.OPERATOR and refund.reference == seen.reference:
            return None if _was_given_up(refund, seen) else refund
    return None


def _is_rest(refund_id: str) -> bool:
    """Whether it is Alipay's rest of a closed trade, which is no refund of its own."""
    return refund_id.endswith(":rest")


def _was_given_up(refund: Refund, seen: RefundSeen) -> bool:
    """Whether we have undone a refund before its provider gave it a name, and the provider has not."""
    is_undone = refund.state == RefundState.FAILED and refund.provider_refund_id == ""
    return is_undone and seen.state != _FAILED


def _post_new(top_up: TopUp, seen: RefundSeen, refunds: list[Refund], *, now: datetime) -> Refund | None:
    if seen.currency != top_up.currency or seen.amount_minor <= 0:
        detail = f"refund {seen.refund_id} of {seen.amount_minor} {seen.currency} is not posted"
        _tell(top_up, "refund_differs", detail, now=now)
        return None
    if top_up.refunded_minor + seen.amount_minor > top_up.amount_minor:
        _leave(top_up, seen, refunds, now=now)
        return None

    references.keep(top_up, ReferenceKind.REFUND, seen.refund_id)
    state = _STATES.get(seen.state, RefundState.PENDING)
    new = NewRefund(
        id=uuid7(),
        amount_minor=seen.amount_minor,
        origin=RefundOrigin.PROVIDER,
        state=state,
        reason=f"refund found at {top_up.get_provider_display()}: {seen.reason or seen.refund_id}"[:500],
        provider_refund_id=seen.refund_id,
        next_check_at=now + FIRST_CHECK if state == RefundState.PENDING else None,
    )
    refund = post.post(Book.lock([top_up.customer_id], now=now), top_up, new, now=now)
    log.info("refund found", refund_id=str(refund.id), top_up_id=str(top_up.id), state=seen.state)
    if seen.state == _FAILED:
        # Whoever still holds an older answer finds it ended.
        fail.post(refund, top_up, failure=seen.reason or "failed at the provider", now=now)
    return refund


def _leave(top_up: TopUp, seen: RefundSeen, refunds: list[Refund], *, now: datetime) -> None:
    """Post no refund beyond the top-up's amount: it is explained by another row, or somebody has to look."""
    if seen.state == _FAILED or any(_is_rest(each.provider_refund_id) for each in refunds):
        # Alipay's rest of a closed trade holds all that was not known by its name then.
        return
    if _is_rest(seen.refund_id) or any(each.state == RefundState.REQUESTED for each in refunds):
        # A rest holds what was named and posted since that answer, so that the next one shows less of it.
        # Ours is not there yet and will be refused for this one, which is posted then.
        top_up.next_check_at = now + SOON
        top_up.save(update_fields=["next_check_at"])
        return
    detail = f"refund {seen.refund_id} of {seen.amount_minor} is more than was left to refund"
    _tell(top_up, "refund_above_amount", detail, now=now)


def _tell(top_up: TopUp, code: str, detail: str, *, now: datetime) -> None:
    payment_alerts.record(top_up=top_up, code=code, detail=detail, payment_id=top_up.payment_id, now=now)
