"""Settling processes that wait for their start, and how fast they were together."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from bench import answering
from bench.answering import Worker


class Settlers:
    """Processes of `bench.settler`."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers

    def drain(self, workers: int, expected: int) -> float:
        """Let some of them empty the inbox and return how many events they settled per second."""
        working = self._workers[:workers]
        for worker in working:
            worker.tell("drain")
        results = [json.loads(worker.hear()) for worker in working]
        events = sum(result["events"] for result in results)
        assert events == expected, f"{events} events settled, {expected} expected"
        seconds = max(result["ended"] for result in results) - min(result["started"] for result in results)
        return float(events / seconds)


@contextmanager
def waiting(count: int) -> Iterator[Settlers]:
    with answering.started_many("settler", count) as workers:
        yield Settlers(workers)
