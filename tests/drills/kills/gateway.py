"""The gateway's side of the drill: each request's story, sent with the same ids until it is answered."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from uuid_utils.compat import uuid7

from tests.drills.kills import orders
from tests.drills.kills.orders import MODEL, NANOS, Order, Story
from tests.drills.kills.records import Records, Request
from tests.drills.kills.reporter import Report, Reporter
from tests.drills.kills.world import Person
from usage.replay.client import Answer, Client

HOLDS = "/internal/v1/holds"
LAPSES_IN = timedelta(seconds=2)
STREAMS_FOR = timedelta(minutes=15)
COMES_LATE_S = 8
SETTLED, RELEASED, EXPIRED = frozenset({"settled"}), frozenset({"released"}), frozenset({"expired"})


class Gateway:
    """Plays orders; all that is acknowledged is written into `records`."""

    def __init__(self, service: Client, reporter: Reporter, people: tuple[Person, ...], records: Records):
        self._service = service
        self._reporter = reporter
        self._people = people
        self._records = records

    async def play(self, order: Order) -> None:
        request = Request(str(uuid7()), order)
        self._records.requests[request.request_id] = request
        if order.story is Story.UNHELD:
            self._report(request)
        elif await self._hold(request):
            await self._go_on(request)

    async def _go_on(self, request: Request) -> None:
        match request.order.story:
            case Story.USED | Story.OVERSHOT | Story.CORRECTED:
                request.ends_as = SETTLED
                self._report(request)
            case Story.EXTENDED:
                await self._stream(request)
            case Story.RELEASED:
                await self._release(request)
            case Story.RELEASED_AND_USED:
                await self._release(request)
                self._report(request)
            case Story.ABANDONED:
                request.ends_as = EXPIRED
                await self._let_lapse(request)
            case Story.LATE:
                # Settled where no worker was there to expire it in time.
                request.ends_as = SETTLED | EXPIRED
                await self._let_lapse(request)
                await asyncio.sleep(COMES_LATE_S)
                self._report(request)

    async def _hold(self, request: Request) -> bool:
        """Place the hold, half as large where it is extended later; False where credit is short."""
        bounds = dict(request.order.bounds)
        if request.order.story is Story.EXTENDED:
            bounds["output"] //= 2
        answer = await self._service.post(HOLDS, self._common(request) | {"bounds": bounds})
        if answer.status == 402:
            self._records.refused += 1
            request.ends_as = frozenset({"refused"})
            return False
        return self._is_held(request, answer, HOLDS, expected=201)

    async def _stream(self, request: Request) -> None:
        """Extend to the full bounds; where credit is short for that, end the stream unused."""
        answer = await self._extend(request, request.order.bounds, STREAMS_FOR)
        if answer.status == 402:
            await self._release(request)
            return
        request.ends_as = SETTLED
        if self._is_held(request, answer, "extend", expected=200):
            self._report(request)

    async def _let_lapse(self, request: Request) -> None:
        """Bring a hold's end near; with a new one where that passed before the service answered."""
        while True:
            answer = await self._extend(request, request.order.bounds, LAPSES_IN)
            has_lapsed = answer.status == 409 and answer.body.get("state") == "expired"
            if has_lapsed:
                # An earlier try was committed, and its answer lost.
                return
            if answer.status != 422:
                self._is_held(request, answer, "extend", expected=200)
                return

    async def _extend(self, request: Request, bounds: Mapping[str, int], lifetime: timedelta) -> Answer:
        expires_at = (datetime.now(UTC) + lifetime).isoformat().replace("+00:00", "Z")
        body = {"bounds": bounds, "expires_at": expires_at}
        return await self._service.post(f"{HOLDS}/{request.request_id}/extend", body)

    async def _release(self, request: Request) -> None:
        request.ends_as = RELEASED
        answer = await self._service.post(f"{HOLDS}/{request.request_id}/release", {"reason": "drill"})
        if answer.status != 200:
            self._note("release", request, answer)

    def _is_held(self, request: Request, answer: Answer, what: str, *, expected: int) -> bool:
        """Write down what was acknowledged to be held."""
        if answer.status != expected:
            self._note(what, request, answer)
            return False
        request.held_nanos = int(Decimal(answer.body["amount"]) * NANOS)
        # Until the story says how it ends.
        request.ends_as = request.ends_as or frozenset({"open"})
        return True

    def _report(self, request: Request) -> None:
        """Report what was used; where it was only estimated, twice as much output as there was."""
        meters = request.order.meters
        event = self._common(request) | {"meters": meters, "outcome": "completed", "evidence": "reported"}
        counted = None
        if request.order.story is Story.CORRECTED:
            counted, estimate = event, meters | {"output": 2 * meters["output"]}
            event = event | {"meters": estimate, "evidence": "estimated"}
        nanos = orders.cost_nanos(meters)
        self._reporter.put(Report(request, event, counted, nanos=nanos))

    def _common(self, request: Request) -> dict[str, Any]:
        key_digest = self._people[request.order.customer].key_digest
        return {"request_id": request.request_id, "key_digest": key_digest, "model": MODEL}

    def _note(self, what: str, request: Request, answer: Answer) -> None:
        story = request.order.story.value
        self._records.surprises.append(
            f"{what} of {request.request_id} ({story}): HTTP {answer.status} {dict(answer.body)}"
        )
