"""Usage on its way to the service: in batches, until acknowledged, some of them twice on purpose."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.drills.kills.records import Records, Request
from usage.replay.client import Client

USAGE = "/internal/v1/usage"
MOST_EVENTS = 60
GATHERS_FOR_S = 0.15
KNOWN = frozenset({"accepted", "duplicate"})

Event = dict[str, Any]


class Report(NamedTuple):
    """An event, the better evidence that follows it, and what the request costs in the end."""

    request: Request
    event: Event
    counted: Event | None
    nanos: int


class Reporter:
    """Sends what is put into it; `is_idle` when all of it is acknowledged."""

    def __init__(self, service: Client, records: Records, *, seed: int) -> None:
        self._service = service
        self._records = records
        self._chance = random.Random(f"{seed}/reports")
        self._waiting: asyncio.Queue[Report] = asyncio.Queue()
        self._on_the_way = 0

    @property
    def is_idle(self) -> bool:
        return self._waiting.empty() and not self._on_the_way

    def put(self, report: Report) -> None:
        self._waiting.put_nowait(report)

    async def send(self) -> None:
        """Send until cancelled."""
        while True:
            first = await self._waiting.get()
            self._on_the_way += 1
            try:
                await asyncio.sleep(GATHERS_FOR_S)
                batch = [first]
                while len(batch) < MOST_EVENTS and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                await self._deliver(batch)
            finally:
                self._on_the_way -= 1

    async def _deliver(self, batch: Sequence[Report]) -> None:
        """One in four is delivered twice at the same time, one in four once more afterwards."""
        times = self._chance.choice((1, 1, 2, 3))
        if times == 2:
            await asyncio.gather(self._post(batch), self._post(batch))
        else:
            await self._post(batch)
        if times == 3:
            await self._post(batch)
        for report in batch:
            if report.counted:
                await self._send_other(report.counted)
            elif report.request.order.is_contradicted:
                # The first figures stand, whatever the service makes of these.
                meters = report.event["meters"]
                await self._send_other(report.event | {"meters": meters | {"output": meters["output"] + 1}})

    async def _post(self, batch: Sequence[Report]) -> None:
        answer = await self._service.post(USAGE, {"events": [report.event for report in batch]})
        if answer.status != 202:
            self._records.surprises.append(f"usage: HTTP {answer.status} {dict(answer.body)}")
            return
        for report, result in zip(batch, answer.body["results"], strict=True):
            if result["result"] in KNOWN and result["request_id"] == report.request.request_id:
                report.request.nanos = report.nanos
                self._records.duplicates += result["result"] == "duplicate"
            else:
                self._records.surprises.append(f"usage of {report.request.request_id}: {result}")

    async def _send_other(self, event: Event) -> None:
        """Send another body under an id that was reported."""
        answer = await self._service.post(USAGE, {"events": [event]})
        if answer.status != 202:
            self._records.surprises.append(f"usage: HTTP {answer.status} {dict(answer.body)}")
            return
        self._records.conflicts += answer.body["results"][0]["result"] == "conflict"
