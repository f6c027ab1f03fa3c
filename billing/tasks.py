"""Celery tasks of the billing app: each is idempotent and drains what the database says is waiting."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from billing import shifts, wake
from billing.payments.errors import ProviderError
from billing.services import cut_offs, key_periods, lots, notices, partitions, publisher
from billing.services.auto_top_ups import attempt, charge
from billing.services.holds import end
from billing.services.mails import send
from billing.services.papers import issue
from billing.services.payment_reconciliation import run as payment_reconciliation
from billing.services.refunds import retry
from billing.services.top_ups import events, poll

log = structlog.get_logger()

REFUSED_HOLDS_ARE_KEPT = timedelta(hours=24)
# Providers are slow, and the same workers settle usage; beat comes again in a moment.
AT_PROVIDERS_S = 4.0
PROVIDER_IS_AWAY = timedelta(seconds=30)
CHARGING = "charging cards"
LONGEST_CHARGE = timedelta(minutes=2)


@shared_task(name="billing.tasks.publish_key_states")
def publish_key_states() -> None:
    wake.answered("billing.tasks.publish_key_states")
    publisher.publish(now=timezone.now())


@shared_task(name="billing.tasks.expire_holds")
def expire_holds() -> None:
    if end.expire(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.expire_lots")
def expire_lots() -> None:
    if lots.expire(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.judge_cut_offs")
def judge_cut_offs() -> None:
    if cut_offs.judge_all(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.turn_key_periods")
def turn_key_periods() -> None:
    if key_periods.turn_all(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.ensure_partitions")
def ensure_partitions() -> None:
    partitions.ensure(now=timezone.now())


@shared_task(name="billing.tasks.forget")
def forget() -> None:
    """Forget refused holds after a day, and key events after a week."""
    now = timezone.now()
    end.forget_refused(before=now - REFUSED_HOLDS_ARE_KEPT)
    publisher.forget_events(now=now)


@shared_task(name="billing.tasks.handle_provider_events")
def handle_provider_events() -> None:
    """Handle the payment messages that were not handled when they came."""
    wake.answered("billing.tasks.handle_provider_events")
    _repeat(events.handle_due)


@shared_task(name="billing.tasks.poll_top_ups")
def poll_top_ups() -> None:
    """Ask the providers about payments of which no message came."""
    _repeat(poll.poll_due)


@shared_task(name="billing.tasks.retry_refunds")
def retry_refunds() -> None:
    """Ask again about refunds that have not ended."""
    _repeat(retry.retry_due)


@shared_task(name="billing.tasks.sweep_lost_messages")
def sweep_lost_messages() -> None:
    if poll.sweep_lost(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.reconcile_payments")
def reconcile_payments() -> None:
    """Compare the last days of the providers' own books with ours."""
    payment_reconciliation.reconcile_all(now=timezone.now())
    wake.wake("billing.tasks.publish_key_states")


@shared_task(name="billing.tasks.top_up_automatically")
def top_up_automatically() -> None:
    """Charge saved cards of customers whose credit runs low, after what earlier charges have come to."""
    if not shifts.take(CHARGING, lapses_after=LONGEST_CHARGE):
        return

    pause = timedelta(0)
    try:
        _repeat(charge.go_on_due)
        _repeat(attempt.begin_due)
    except ProviderError as error:
        # Each call to a provider that is away keeps this worker from settling usage.
        log.warning("cards are charged later", error=str(error))
        pause = PROVIDER_IS_AWAY
    finally:
        shifts.end(CHARGING, after=pause)


@shared_task(name="billing.tasks.issue_papers")
def issue_papers() -> None:
    """Issue the receipts of what was paid and refunded lately."""
    _issue_papers(since=None)


@shared_task(name="billing.tasks.issue_missing_papers")
def issue_missing_papers() -> None:
    """Issue the receipts that nobody issued in time, however old their cause is."""
    _issue_papers(since=issue.EVER)


@shared_task(name="billing.tasks.tell_of_credit")
def tell_of_credit() -> None:
    """Write to customers whose credit runs low or is gone."""
    now = timezone.now()
    if notices.tell_of_low_balance(now=now) + notices.tell_of_cut_off(now=now):
        wake.wake("billing.tasks.send_mails")


@shared_task(name="billing.tasks.tell_of_expiry")
def tell_of_expiry() -> None:
    """Write to customers whose credit will lapse."""
    while notices.tell_of_expiry(now=timezone.now()):
        wake.wake("billing.tasks.send_mails")


@shared_task(name="billing.tasks.send_mails")
def send_mails() -> None:
    wake.answered("billing.tasks.send_mails")
    began_at = time.monotonic()
    while send.send_due(now=timezone.now()):
        if time.monotonic() - began_at > AT_PROVIDERS_S:
            return


def _issue_papers(*, since: datetime | None) -> None:
    while issue.issue_due(now=timezone.now(), since=since):
        wake.wake("billing.tasks.send_mails")


def _repeat(step: Callable[..., int]) -> None:
    """Call `step(now=…)` until it finds nothing more or its time is over."""
    began_at = time.monotonic()
    while step(now=timezone.now()):
        wake.wake("billing.tasks.publish_key_states")
        if time.monotonic() - began_at > AT_PROVIDERS_S:
            return
