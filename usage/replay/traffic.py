"""The gateway's side of a replay: hold, then usage in batches, in the trace's order."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from uuid_utils.compat import uuid7

from billing.money import format_usd
from catalog import prices
from catalog.rating import PriceSheet, rate
from usage.replay import client
from usage.replay.cast import Person
from usage.replay.client import Answer, Client, Say
from usage.replay.deal import Call
from usage.replay.errors import Refused

HOLDS, USAGE = "/internal/v1/holds", "/internal/v1/usage"
# A worker may be stopped for a while during a run; its holds outlive that.
HOLD_TTL_S = 3600
# The shortest there is: a hold whose usage is lost is to expire while somebody still looks.
LOST_HOLD_TTL_S = 60
MOST_EVENTS = 500
LONGEST_WAIT_S = 0.1
SENDERS = 2

Event = dict[str, Any]
_Task = asyncio.Task[None]


@dataclass(slots=True)
class Tally:
    """What the gateway saw so far; read by another thread, which shows it."""

    refused: int = 0
    reported: int = 0
    overshot: int = 0
    lost: int = 0
    misreported: int = 0
    hold_us: list[int] = field(default_factory=list)
    not_accepted: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Sends the calls of one model's trace; holds start in the calls' order, `concurrency` at a time."""

    def __init__(
        self,
        calls: Sequence[Call],
        people: Sequence[Person],
        *,
        model: str,
        concurrency: int,
        reports_cost: bool = False,
    ) -> None:
        self.tally = Tally()
        # All holders take from one iterator, which keeps the calls in order.
        self._calls = iter(calls)
        self._people = people
        self._model = model
        self._concurrency = concurrency
        self._reports_cost = reports_cost
        self._sheets: dict[int, PriceSheet] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    async def send(self, url: str, token: str, say: Say) -> None:
        """Send everything, again and again where the service is away; raises `Refused`."""
        async with client.connect(url, token, connections=self._concurrency + SENDERS, say=say) as service:
            senders = [asyncio.create_task(self._report(service)) for _ in range(SENDERS)]
            holders = [asyncio.create_task(self._hold(service)) for _ in range(self._concurrency)]
            try:
                await _first_failure(holders, senders)
                for _ in senders:
                    self._events.put_nowait(None)
                await asyncio.gather(*senders)
            finally:
                for task in (*holders, *senders):
                    task.cancel()

    async def _hold(self, service: Client) -> None:
        for call in self._calls:
            request_id = str(uuid7())
            person = self._people[call.customer]
            answer = await service.post(
                HOLDS,
                {
                    "request_id": request_id,
                    "key_digest": person.key_digest,
                    "model": self._model,
                    "bounds": {"input": call.bound_input, "output": call.bound_output},
                    "ttl_s": LOST_HOLD_TTL_S if call.is_lost else HOLD_TTL_S,
                },
            )
            self.tally.hold_us.append(answer.took_us)
            if answer.status == 201:
                await self._serve(call, request_id, person, answer)
            elif answer.status == 402:
                self.tally.refused += 1
            else:
                raise _unexpected(HOLDS, answer)

    async def _serve(self, call: Call, request_id: str, person: Person, hold: Answer) -> None:
        """Let the model answer, and queue what is to be reported of it."""
        if call.is_lost:
            self.tally.lost += 1
            return

        event = self._event(call, request_id, person)
        if self._reports_cost:
            event["reported_cost"] = format_usd(await self._cost(call, hold.body["price_version"]))
        self.tally.overshot += call.overshoots
        self.tally.misreported += call.is_misreported
        self._events.put_nowait(event)

    async def _cost(self, call: Call, price_version: int) -> int:
        """What the gateway makes of it: by the formula, or a nano too much."""
        if price_version not in self._sheets:
            self._sheets[price_version] = await sync_to_async(prices.sheet)(price_version)
        counts = (call.input, call.output, None, None, None, None)
        return rate(self._sheets[price_version], counts) + call.is_misreported

    def _event(self, call: Call, request_id: str, person: Person) -> Event:
        return {
            "request_id": request_id,
            "key_digest": person.key_digest,
            "model": self._model,
            "meters": {"input": call.input, "output": call.output},
            "outcome": "completed",
            "evidence": "reported",
        }

    async def _report(self, service: Client) -> None:
        while batch := await self._next_batch():
            answer = await service.post(USAGE, {"events": batch})
            if answer.status != 202:
                raise _unexpected(USAGE, answer)
            for result in answer.body["results"]:
                if result["result"] not in {"accepted", "duplicate"}:
                    self.tally.not_accepted[result.get("code") or result["result"]] += 1
            self.tally.reported += len(batch)

    async def _next_batch(self) -> list[Event]:
        """Up to 500 events, or what came within 100 ms of the first; nothing at the end."""
        event = await self._events.get()
        batch: list[Event] = []
        deadline = asyncio.get_running_loop().time() + LONGEST_WAIT_S
        while event is not None:
            batch.append(event)
            left = deadline - asyncio.get_running_loop().time()
            if len(batch) == MOST_EVENTS or left <= 0:
                return batch
            try:
                event = await asyncio.wait_for(self._events.get(), left)
            except TimeoutError:
                return batch
        if batch:
            # The sign of the end is for the next call, too.
            self._events.put_nowait(None)
        return batch


async def _first_failure(holders: Sequence[_Task], senders: Sequence[_Task]) -> None:
    """Wait until all holders are done, or raise what the first failing task raised."""
    waiting = set(holders)
    while waiting:
        done, _ = await asyncio.wait({*waiting, *senders}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        waiting -= done


def _unexpected(path: str, answer: Answer) -> Refused:
    detail = answer.body.get("detail") or answer.body
    return Refused(f"{path}: HTTP {answer.status}: {detail}")
