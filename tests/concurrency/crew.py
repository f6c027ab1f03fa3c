"""Threads that start together, each with a database connection of its own that it keeps between rounds."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

from django.db import connections

from billing import sql

T = TypeVar("T")
R = TypeVar("R")

# Within a transaction PostgreSQL shows the same activity until it is told to look again.
LOOK_AGAIN = "select pg_stat_clear_snapshot() is null as done"
BLOCKED = """
    select count(*) as n
      from pg_stat_activity
     where wait_event_type = 'Lock' and datname = current_database()
"""


class Crew:
    """Runs as many pieces of work at once as it has threads, round after round."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size)

    def together(self, work: Callable[[int], T]) -> list[T]:
        """Call `work` with each thread's number; the first exception, if any, is raised when all are done."""
        return self.each([partial(work, number) for number in range(self.size)])

    def each(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call each job in a thread of its own and return what they returned, in the order of the jobs."""
        start = Barrier(len(jobs), timeout=10)
        futures = [self._pool.submit(_start_with, start, job) for job in jobs]
        for future in futures:
            future.exception()
        return [future.result() for future in futures]

    def share(self, items: Sequence[T], work: Callable[[T], R]) -> list[R]:
        """Deal `items` to the threads, which start together, and return what `work` made of each."""
        dealt = self.together(lambda number: [work(item) for item in items[number :: self.size]])
        return [dealt[index % self.size][index // self.size] for index in range(len(items))]

    def begin(self, job: Callable[[], T]) -> "Future[T]":
        """Start `job` and return once it waits for a database lock."""
        future = self._pool.submit(job)
        for _ in range(2000):
            sql.fetch(LOOK_AGAIN)
            if sql.fetch(BLOCKED)[0].n:
                return future
            time.sleep(0.002)
        raise AssertionError(f"waits for no lock: {future}")

    def go_home(self) -> None:
        self.together(lambda _: connections.close_all())
        self._pool.shutdown()


def _start_with(start: Barrier, job: Callable[[], T]) -> T:
    start.wait()
    return job()
