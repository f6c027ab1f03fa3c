"""Each task's name in its lines of the log, and its seconds in the metrics."""

import time
from typing import Any

import structlog
from celery import signals
from django.dispatch import receiver
from django_structlog.celery.signals import bind_extra_task_metadata

from config import metrics

_began_at: dict[str, float] = {}


# Not at the task's own start: there django-structlog clears what was bound before.
@receiver(bind_extra_task_metadata)
def _bind_name(*, task: Any, **_more: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name)


@signals.task_prerun.connect
def _begin(*, task_id: str, **_more: Any) -> None:
    _began_at[task_id] = time.perf_counter()


@signals.task_postrun.connect
def _end(*, task_id: str, task: Any, state: str | None = None, **_more: Any) -> None:
    began_at = _began_at.pop(task_id, None)
    if began_at is not None:
        metrics.count_task(task=task.name, state=state or "LOST", seconds=time.perf_counter() - began_at)
