"""One drill: traffic runs, processes are killed in bursts, everything drains, the books are compared."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from itertools import count

import redis

from tests.drills.kills import books, keys, orders, targets
from tests.drills.kills.books import Comparison
from tests.drills.kills.gateway import Gateway
from tests.drills.kills.grants import Granter
from tests.drills.kills.keys import Follower
from tests.drills.kills.records import Records
from tests.drills.kills.reporter import Reporter
from tests.drills.kills.targets import NotFoundError, Targets
from tests.drills.kills.world import Say, World
from usage.replay import client
from usage.replay.client import Client

CALLERS = 8
PAUSES_FOR_S = 0.05
SENDERS = 2
BURST = 10
BETWEEN_KILLS_S = (0.2, 1.2)
LOSES_AN_ANSWER = 0.6
FLUSHES = 0.1
DRAINS_WITHIN_S = 120
RESTARTS_WITHIN_S = 60
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Report:
    """The drill's last line. `kills` counts signals; `by_process` names them, and the faults beside them."""

    kills: int
    by_process: dict[str, int]
    charged_nanos: int
    expected_nanos: int
    open_holds_past_expiry: int
    slowest_drain_s: float
    violations: int


class Drill:
    """Kills `kills` processes of `world`; the same seed deals the same kills and the same requests."""

    def __init__(self, world: World, *, kills: int, seed: int, say: Say) -> None:
        self._world = world
        self._kills = kills
        self._seed = seed
        self._say = say
        self._chance = random.Random(f"{seed}/drill")
        self._records = Records()
        self._granter = Granter(world, self._records, seed=seed, say=say)
        self._targets = Targets(world, self._granter, seed=seed)
        self._by_process: Counter[str] = Counter()
        self._violations: list[str] = []
        self._slowest_drain_s = 0.0
        self._flushed_at = 0.0
        self._numbers = count()
        self._runs = asyncio.Event()
        self._ends = asyncio.Event()

    async def run(self) -> Report:
        async with AsyncExitStack() as exits:
            connect = self._connect
            service = await exits.enter_async_context(connect(self._world.url))
            feed = await exits.enter_async_context(connect(self._world.stack.key_events_url))
            follower = Follower(feed, self._records)
            reporter = Reporter(service, self._records, seed=self._seed)
            gateway = Gateway(service, reporter, self._world.people, self._records)
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(reporter.send()) for _ in range(SENDERS)]
                background.append(group.create_task(follower.follow()))
                granting = group.create_task(self._granter.give(self._ends))
                callers = [group.create_task(self._call(gateway)) for _ in range(CALLERS)]
                await self._kill_in_bursts(reporter)
                self._ends.set()
                await asyncio.wait([granting, *callers])
                await self._drain(reporter)
                await self._until(
                    lambda: self._is_at_rest(follower), "holds to expire, corrections and key states"
                )
                for task in background:
                    task.cancel()
            found = await asyncio.to_thread(books.compare, self._world, self._records)
            different = await keys.compare(self._world, service, follower, flushed_at=self._flushed_at)
            return await self._report(found, different)

    def _connect(self, url: str) -> AbstractAsyncContextManager[Client]:
        return client.connect(
            url, self._world.token, connections=32, say=lambda line: self._say("gateway", line)
        )

    async def _call(self, gateway: Gateway) -> None:
        while not self._ends.is_set():
            await self._runs.wait()
            number = next(self._numbers)
            await gateway.play(orders.order(self._seed, number, customers=len(self._world.people)))
            await asyncio.sleep(PAUSES_FOR_S)

    async def _kill_in_bursts(self, reporter: Reporter) -> None:
        self._runs.set()
        names = targets.deal(self._seed, self._kills)
        for number in range(1, self._kills + 1):
            await asyncio.sleep(self._chance.uniform(*BETWEEN_KILLS_S))
            await self._disturb()
            try:
                name = await self._targets.kill_one(names)
            except NotFoundError as error:
                self._violations.append(str(error))
                return
            names.remove(name)
            self._by_process[name] += 1
            self._say("kill", f"{number} of {self._kills}: {name}")
            if number % BURST == 0:
                await self._drain(reporter)
                self._runs.set()

    async def _disturb(self) -> None:
        """What no signal does: lose an answer, or all that Valkey knows."""
        for proxy in (self._world.web, self._world.database):
            if self._chance.random() < LOSES_AN_ANSWER:
                proxy.lose_next()
        if self._chance.random() < FLUSHES:
            self._by_process["valkey flushed"] += await asyncio.to_thread(self._flush)

    def _flush(self) -> bool:
        try:
            with redis.Redis.from_url(self._world.engines.redis_url, socket_timeout=2) as valkey:
                valkey.flushall()
        except redis.RedisError:
            return False
        self._flushed_at = time.time()
        return True

    async def _drain(self, reporter: Reporter) -> None:
        """Stop the traffic, wait until all that was acknowledged is settled, and until everything runs."""
        self._runs.clear()
        started = time.monotonic()
        await self._until(
            lambda: reporter.is_idle and books.waiting(self._world) == 0, "the inbox", DRAINS_WITHIN_S
        )
        took_s = time.monotonic() - started
        self._slowest_drain_s = max(self._slowest_drain_s, took_s)
        await self._until(lambda: not self._world.missing(), "every process to run", RESTARTS_WITHIN_S)
        self._say("drill", f"drained in {took_s:.1f} s; {len(self._records.requests)} requests so far")

    def _is_at_rest(self, follower: Follower) -> bool:
        world = self._world
        return books.open_holds(world) == books.unjudged(world) == 0 and keys.all_published(world, follower)

    async def _until(self, is_so: Callable[[], bool], what: str, within_s: float = DRAINS_WITHIN_S) -> None:
        """Wait for a condition that asks the database; one that does not come true is a violation."""
        deadline = time.monotonic() + within_s
        while not await asyncio.to_thread(is_so):
            if time.monotonic() > deadline:
                missing = await asyncio.to_thread(self._world.missing)
                self._violations.append(f"waited {within_s} s for {what}; not running: {missing or 'none'}")
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _report(self, found: Comparison, different: list[str]) -> Report:
        overdue = await asyncio.to_thread(books.overdue, self._world)
        violations = [*self._violations, *self._records.surprises, *found.differences, *different]
        for violation in violations:
            self._say("violation", violation)
        records = self._records
        self._say(
            "drill",
            f"{len(records.requests)} requests: {records.refused} refused, {len(records.charged)} charged; "
            f"{records.duplicates} duplicates, {records.conflicts} conflicts, {records.grants} grants",
        )
        return Report(
            kills=sum(self._by_process[name] for name in targets.DECK),
            by_process={
                **dict(sorted(self._by_process.items())),
                "reply_dropped": self._world.web.lost,
                "commit_reply_dropped": self._world.database.lost,
            },
            charged_nanos=found.charged_nanos,
            expected_nanos=found.expected_nanos,
            open_holds_past_expiry=overdue or 0,
            slowest_drain_s=round(self._slowest_drain_s, 1),
            violations=len(violations),
        )
