"""Waking workers: at most one wake-up of a task is queued. A lost one costs a second, because beat sweeps."""

import time

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from billing import valkey

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 5
PAUSE_AFTER_FAILURE_S = 1.0


class _Pause:
    """While the broker is away nobody waits for it with each request."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + PAUSE_AFTER_FAILURE_S

    def is_on(self) -> bool:
        return time.monotonic() < self._until


_pause = _Pause()


def wake(task: str) -> None:
    """Queue `task` unless it is queued; called after commit, never raises where the broker is away."""
    if _pause.is_on():
        return

    try:
        if valkey.client().set(_flag(task), 1, nx=True, ex=FORGOTTEN_AFTER_S):
            current_app.send_task(task, retry=False, ignore_result=True)
    except (RedisError, OperationalError, OSError) as error:
        _pause.begin()
        log.warning("wake-up not queued; beat will sweep", task=task, error=str(error))


def answered(task: str) -> None:
    """Allow the next wake-up; a task calls this first, so that what comes later wakes it again."""
    try:
        valkey.client().delete(_flag(task))
    except (RedisError, OSError) as error:
        log.warning("wake-up flag not cleared; it lapses by itself", task=task, error=str(error))


def _flag(task: str) -> str:
    return f"wake:{task}"
