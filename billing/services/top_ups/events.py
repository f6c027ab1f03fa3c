"""Handling a provider's message: it says only about which payment to ask."""

import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from billing.models import EventState, ProviderEvent
from billing.payments import registry
from billing.payments.errors import ProviderError, Rejected
from billing.payments.protocol import Lookup, Payment, PaymentState
from billing.services.top_ups import inbox, references
from billing.services.top_ups.converge import converge
from billing.services.top_ups.references import Owner

log = structlog.get_logger()

# How long after the n-th failure the next attempt comes.
DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900, 1800, 3600))
MOST_ATTEMPTS: Final = 30
BATCH: Final = 20
_OUR_REFERENCE: Final = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


def handle(*, event_id: UUID, now: datetime, away: dict[str, ProviderError] | None = None) -> EventState:
    """Handle a claimed event: converge the top-up it is about, then mark it.

    What fails is tried again with growing pauses and quarantined in the end. Unexpected errors are stored
    and raised. Providers that are `away` are not asked, and one that turns out to be is added.
    """
    away = {} if away is None else away
    event = ProviderEvent.objects.defer("body", "headers").get(id=event_id)
    if event.state != EventState.WAITING:
        return EventState(event.state)

    try:
        _require_there(event.provider, away)
        names = Lookup(event.object_id or None, event.payment_id or None, tuple(event.refunds))
        state, code, detail = _converge_named(event.provider, names, now=now)
    except Exception as error:
        _try_later(event, error, now=now)
        if isinstance(error, ProviderError):
            if not isinstance(error, Rejected):
                away[event.provider] = error
            return EventState.WAITING
        raise
    inbox.end(event_id=event_id, state=state, code=code, detail=detail, now=now)
    if state == EventState.QUARANTINED:
        log.error("payment event quarantined", event_id=str(event_id), code=code, detail=detail)
    return state


def _require_there(provider: str, away: dict[str, ProviderError]) -> None:
    if provider in away:
        raise away[provider]


def handle_due(*, now: datetime) -> int:
    """Handle a batch of what waits and return how many events were taken."""
    claimed = inbox.claim(most=BATCH, now=now)
    # Who waits for each of them in turn keeps the worker from settling usage.
    away: dict[str, ProviderError] = {}
    for event_id in claimed:
        try:
            handle(event_id=event_id, now=now, away=away)
        except Exception:
            log.exception("payment event not handled", event_id=str(event_id))
    return len(claimed)


def converge_named(provider: str, names: Lookup, *, now: datetime) -> bool:
    """Converge the top-up that a provider's own names lead to; False where they lead to none of ours."""
    return _converge_named(provider, names, now=now)[0] != EventState.IGNORED


def _converge_named(provider: str, names: Lookup, *, now: datetime) -> tuple[EventState, str, str]:
    owners = references.owners(provider=provider, names=[names.object_id, names.payment_id])
    if len(owners) > 1:
        return EventState.QUARANTINED, "two_top_ups", "it names two top-ups at once"
    if not owners:
        payment = registry.get(provider).fetch(names)
        owners = references.owners(provider=provider, names=[payment.reference if payment else None])
        if payment is None or not owners:
            return _of_nobody(payment)
        names = Lookup(payment.object_id, payment.payment_id, names.refunds)
    return _of_top_up(owners.pop(), names, now=now)


def _of_top_up(owner: Owner, names: Lookup, *, now: datetime) -> tuple[EventState, str, str]:
    converged = converge(customer_id=owner.customer_id, top_up_id=owner.top_up_id, now=now, hint=names)
    if converged.difference is not None:
        return EventState.QUARANTINED, converged.difference.code, converged.difference.detail
    if names.object_id and converged.payment and converged.payment.object_id != names.object_id:
        # Somebody paid for the same order in another place; what the top-up itself asked for was looked at.
        return EventState.QUARANTINED, "wrong_object", f"{names.object_id} names a top-up that has another"
    return EventState.DONE, "", ""


def _of_nobody(payment: Payment | None) -> tuple[EventState, str, str]:
    """Another product may sell through the same account; money that names an order of ours is not ignored."""
    if payment is None:
        return EventState.IGNORED, "unknown_payment", "the provider knows no such payment"
    if payment.state == PaymentState.PAID and _looks_like_ours(payment.reference):
        return EventState.QUARANTINED, "unknown_top_up", f"paid for {payment.reference}, which is not here"
    return EventState.IGNORED, "unknown_payment", "it is about no top-up of ours"


def _looks_like_ours(reference: str | None) -> bool:
    return reference is not None and _OUR_REFERENCE.fullmatch(reference) is not None


def _try_later(event: ProviderEvent, error: Exception, *, now: datetime) -> None:
    code = getattr(error, "code", "internal_error")
    detail = f"{type(error).__name__}: {error}"
    if event.attempts >= MOST_ATTEMPTS:
        inbox.end(event_id=event.id, state=EventState.QUARANTINED, code="gave_up", detail=detail, now=now)
        log.error("payment event given up", event_id=str(event.id), detail=detail)
        return

    delay = DELAYS[min(event.attempts, len(DELAYS)) - 1]
    inbox.retry(event_id=event.id, code=str(code), detail=detail, at=now + delay)
    log.warning("payment event waits", event_id=str(event.id), code=code, detail=detail)
