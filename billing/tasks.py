"""Celery tasks of the billing app: each is idempotent and drains what the database says is waiting."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from billing import wake
from billing.services import cut_offs, key_periods, lots, partitions, publisher
from billing.services.holds import end

REFUSED_HOLDS_ARE_KEPT = timedelta(hours=24)


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
