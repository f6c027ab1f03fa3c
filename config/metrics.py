"""What the processes count about themselves; `/metrics` adds the counts of all of them up.

With PROMETHEUS_MULTIPROC_DIR each process counts in files of its own in that folder, so that what was counted
survives its process. Without it `/metrics` shows the counts of the process that answers.
"""

import os
import socket
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_HOST = socket.gethostname()

FOLDER = Path(settings.METRICS_DIR) if settings.METRICS_DIR else None
if FOLDER:
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Processes of two containers may have the same number.
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        lambda: f"{_HOST}-{os.getpid()}"
    )

_COUNTED = CollectorRegistry()
_REQUESTS = Histogram(
    "billing_request_seconds",
    "HTTP requests by route, method and status; at the long poll its wait counts too.",
    ["route", "method", "status"],
    buckets=_SECONDS,
    registry=_COUNTED,
)
_PROBLEMS = Counter(
    "billing_problems",
    "HTTP requests that were answered with a problem document, by its code.",
    ["route", "code"],
    registry=_COUNTED,
)
_TASKS = Histogram(
    "billing_task_seconds",
    "Tasks of the workers by name and by how they ended.",
    ["task", "state"],
    buckets=_SECONDS,
    registry=_COUNTED,
)


class _Files(MultiProcessCollector):
    """Adds up the files of all processes, also of those that ended."""

    def collect(self) -> Iterable[Metric]:
        # A process that is killed while it makes its file leaves an empty one, on which merging would fail.
        files = [str(path) for path in Path(self._path).glob("*.db") if path.stat().st_size]
        metrics: Iterable[Metric] = self.merge(files)  # type: ignore[no-untyped-call]
        return metrics


def counted() -> Collector:
    """All that was counted, by every process if they share a folder."""
    if FOLDER:
        return _Files(None, path=str(FOLDER))  # type: ignore[no-untyped-call]
    return _COUNTED


def count_request(*, route: str, method: str, status: int, seconds: float, code: str | None) -> None:
    _requests(route, method, status).observe(seconds)
    if code:
        _PROBLEMS.labels(route, code).inc()


def count_task(*, task: str, state: str, seconds: float) -> None:
    _TASKS.labels(task, state).observe(seconds)


@cache
def _requests(route: str, method: str, status: int) -> Histogram:
    """Looking these values up anew would cost as much as counting."""
    return _REQUESTS.labels(route, method, status)
