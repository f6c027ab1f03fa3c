"""Celery tasks of the usage app: each is idempotent and drains what the database says is waiting."""

from celery import shared_task
from django.utils import timezone

from billing import wake
from usage.services.settlement import drain


@shared_task(name="usage.tasks.settle")
def settle() -> None:
    wake.answered("usage.tasks.settle")
    if drain.settle_all(now=timezone.now()).keys_changed:
        wake.wake("billing.tasks.publish_key_states")
