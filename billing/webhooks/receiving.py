"""Receiving a provider's message: size, signature, inbox, commit; then its effects, if they are quick."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from typing import Final
from uuid import UUID

import structlog
from django.db import connections
from django.http import HttpRequest
from django.utils import timezone

from billing import wake
from billing.api.strict import read_body
from billing.payments import registry
from billing.services.top_ups import events, inbox

log = structlog.get_logger()

MOST_BYTES: Final = 256 * 1024
BUDGET_S: Final = 2.0
HANDLE: Final = "billing.tasks.handle_provider_events"
PUBLISH: Final = "billing.tasks.publish_key_states"
# All that a message's signature can depend on; others may hold what is nobody's business.
_KEPT_HEADERS: Final = ("Stripe-Signature", "Content-Type")

# The provider's own answer time is in here: it is waited for in threads, so that a message can be answered
# while its effects are still on their way. What finds no thread in time is the worker's.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="payment-event")


def receive(request: HttpRequest, provider_name: str) -> None:
    """Store a signed message and handle it within the budget; once this returns it is not lost any more.

    Raises `Unavailable`, `TooLarge`, `Malformed`, `Forged` before anything is written. What goes wrong with
    the effects is stored and tried again, and no matter of the answer.
    """
    provider = registry.get(provider_name)
    body = read_body(request, MOST_BYTES)
    headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
    now = timezone.now()
    message = provider.read_message(body, headers, now=now)

    stored = inbox.store(provider=provider.name, message=message, body=body, headers=headers, now=now)
    if stored.is_ours:
        _handle_within_budget(stored.event_id)


def _handle_within_budget(event_id: UUID) -> None:
    effects = _threads.submit(_handle, event_id)
    try:
        effects.result(timeout=BUDGET_S)
    except OutOfTime:
        if effects.cancel():
            inbox.release(event_id=event_id, now=timezone.now())
            wake.wake(HANDLE)


def _handle(event_id: UUID) -> None:
    try:
        events.handle(event_id=event_id, now=timezone.now())
        wake.wake(PUBLISH)
    except Exception:
        log.exception("payment event not handled", event_id=str(event_id))
    finally:
        connections.close_all()
