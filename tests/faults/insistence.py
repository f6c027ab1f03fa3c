"""Asking again until the database answers, as gateways and Celery do."""

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

T = TypeVar("T")
MOST_TRIES = 200


def insist(work: Callable[[], T]) -> T:
    """What `work` returns, however often a connection or a lock is lost meanwhile."""
    for _ in range(MOST_TRIES):
        try:
            return work()
        except (OperationalError, InterfaceError):
            close_old_connections()
    raise AssertionError("the database never came back")
