"""Disputes and early fraud warnings as the provider shows them: money first, then who is frozen for it."""

from datetime import datetime

import structlog
from uuid_utils.compat import uuid7

from billing.models import Dispute, ReferenceKind, TopUp
from billing.payments.protocol import DisputeSeen, Payment
from billing.services.disputes import move, weigh
from billing.services.top_ups import references

log = structlog.get_logger()


def post_seen(top_up: TopUp, payment: Payment, now: datetime) -> None:
    """Post every effect of disputes that `payment` shows and is not posted, and freeze for what is new.

    Called in the transaction of who converges, under the wallet's lock. Words alone move no money: an
    inquiry freezes, and a dispute that is closed before its money moved is told only.
    """
    for seen in payment.disputes:
        _post(top_up, seen, now=now)
    if payment.fraud_warning and not top_up.fraud_warning:
        _warn(top_up, payment.fraud_warning, now=now)


def _post(top_up: TopUp, seen: DisputeSeen, *, now: datetime) -> None:
    known = Dispute.objects.filter(
        customer_id=top_up.customer_id, provider_dispute_id=seen.dispute_id
    ).first()
    dispute = known or _begin(top_up, seen, now=now)
    weighed_before = known is not None and weigh.weighs(known)
    taken_before = dispute.taken_minor
    if move.post_moved(dispute, top_up, seen, now=now):
        top_up.save(update_fields=["disputed_minor"])
    elif known is not None and weigh.rank(seen.status) < weigh.rank(known.status):
        # An older answer than the one that we have.
        return

    dispute.status = seen.status[:50]
    dispute.closed_at = (dispute.closed_at or now) if dispute.status in weigh.ENDED else None
    dispute.save(update_fields=["status", "closed_at", "taken_minor"])
    is_returned = dispute.taken_minor == 0 and any(moved.amount_minor > 0 for moved in seen.moved)
    weighs_now = weigh.weighs(dispute) and not is_returned
    if weighs_now and (known is None or dispute.taken_minor > taken_before):
        weigh.freeze(top_up.customer_id, cause=f"dispute {seen.dispute_id}", now=now)
    elif weighed_before and not weighs_now:
        weigh.unfreeze(dispute, now=now)


def _begin(top_up: TopUp, seen: DisputeSeen, *, now: datetime) -> Dispute:
    references.keep(top_up, ReferenceKind.DISPUTE, seen.dispute_id)
    log.warning("payment disputed", dispute_id=seen.dispute_id, top_up_id=str(top_up.id))
    return Dispute.objects.create(
        customer_id=top_up.customer_id,
        id=uuid7(),
        top_up_id=top_up.id,
        provider_dispute_id=seen.dispute_id,
        status=seen.status[:50],
        reason=seen.reason[:100],
        amount_minor=seen.amount_minor,
        opened_at=now,
    )


def _warn(top_up: TopUp, warning: str, *, now: datetime) -> None:
    top_up.fraud_warning = warning
    top_up.save(update_fields=["fraud_warning"])
    weigh.freeze(top_up.customer_id, cause=f"fraud warning {warning}", now=now)
    log.warning("payment is perhaps a fraud", top_up_id=str(top_up.id), warning=warning)
