"""What workers and operators do, one function for each kind of order: all of it through our services."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from billing.errors import BillingError
from billing.payments.errors import ProviderError
from billing.services import credits
from billing.services.refunds import give, retry, send
from billing.services.top_ups import events, poll
from billing.services.top_ups.converge import converge

MOST_BATCHES: Final = 500


def handle(*, now: datetime) -> str:
    """Handle the messages that were not handled when they came."""
    return _drain(lambda: events.handle_due(now=now))


def ask(*, now: datetime) -> str:
    """Ask about top-ups and refunds that are due."""
    return _drain(lambda: poll.poll_due(now=now)) + "," + _drain(lambda: retry.retry_due(now=now))


def sweep(*, now: datetime) -> str:
    """Look at the payments of which a provider says that a message may be lost."""
    return str(poll.sweep_lost(now=now))


def look(*, now: datetime, customer_id: str, top_up_id: str) -> str:
    """What an operator's button does, and a customer who comes back to our page."""
    try:
        converged = converge(customer_id=UUID(customer_id), top_up_id=UUID(top_up_id), now=now)
    except ProviderError as error:
        return error.code
    return str(converged.top_up.state)


def refund(
    *, now: datetime, customer_id: str, top_up_id: str, refund_id: str, amount_minor: int, author_id: str
) -> str:
    """An operator gives money back."""
    try:
        given = give.give(
            customer_id=UUID(customer_id),
            top_up_id=UUID(top_up_id),
            amount_minor=amount_minor,
            reason="the drill asks for it",
            author_id=UUID(author_id),
            refund_id=UUID(refund_id),
            now=now,
        )
        sent = send.send(customer_id=UUID(customer_id), refund_id=given.refund.id, now=now)
    except (BillingError, ProviderError) as error:
        return error.code
    return str(sent.state)


def spend(*, now: datetime, customer_id: str, amount_nanos: int, effect_key: str, author_id: str) -> str:
    """Credit goes; `gone`, or why it does not."""
    try:
        credits.adjust(
            customer_id=UUID(customer_id),
            amount_nanos=-amount_nanos,
            reason="spent in the drill",
            author_id=UUID(author_id),
            effect_key=effect_key,
            now=now,
        )
    except BillingError as error:
        return error.code
    return "gone"


WORKS: Final[dict[str, Callable[..., str]]] = {
    "handle": handle,
    "ask": ask,
    "sweep": sweep,
    "look": look,
    "refund": refund,
    "spend": spend,
}


def _drain(step: Callable[[], int]) -> str:
    taken = 0
    for _ in range(MOST_BATCHES):
        if not (count := step()):
            break
        taken += count
    return str(taken)
