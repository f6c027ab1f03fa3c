"""The newest key events in memory: one task reads them from the database, and all readers wait for that."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

import redis.asyncio
import structlog
from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

from billing import valkey
from billing.api.problems import UNAVAILABLE
from billing.errors import BillingError, PositionGone
from billing.services import key_events
from billing.services.key_events import Page, PositionedState

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")

POLL_S = 0.5
STALE_AFTER_S = 5.0
KEPT = 10_000

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="database")


class Stale(BillingError):
    """Nobody can say that nothing is new, because the database has not answered for a while."""

    code = "unavailable"
    http_status = 503


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that asks the database, and give its connection back to the pool."""

    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(_threads, run)


class Hints:
    """Says that events may have come, by Valkey's channel or, without Valkey, by time alone."""

    def __init__(self) -> None:
        self._channel: redis.asyncio.client.PubSub | None = None

    async def wait(self, seconds: float) -> None:
        try:
            channel = self._channel or await self._subscribe()
            if await channel.get_message(ignore_subscribe_messages=True, timeout=seconds):
                while await channel.get_message(ignore_subscribe_messages=True, timeout=0):
                    continue
        except (RedisError, OSError):
            await self.close()
            await asyncio.sleep(seconds)

    async def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel:
            with suppress(RedisError, OSError):
                await channel.aclose()  # type: ignore[no-untyped-call]

    async def _subscribe(self) -> redis.asyncio.client.PubSub:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2)
        channel = client.pubsub()
        await channel.subscribe(valkey.KEY_EVENTS_CHANNEL)
        self._channel = channel
        return channel


class Feed:
    """Answers from memory where it can; the database is asked twice a second, however many readers wait."""

    def __init__(self) -> None:
        self._recent: list[PositionedState] = []
        self._position: int | None = None
        self._read_at = float("-inf")
        self._is_failing = False
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        """Read events as they come, until cancelled."""
        hints = Hints()
        task = asyncio.current_task()
        assert task
        try:
            # The Valkey client loses a cancellation that meets it while it connects.
            while not task.cancelling():
                await self._try_to_read()
                await hints.wait(POLL_S)
        finally:
            await hints.close()

    async def after(self, position: int, *, wait_s: float) -> Page:
        """The events after `position`, as soon as there are some, or none after `wait_s`.

        Raises `PositionGone`, and `Stale` where it cannot be said that nothing is new.
        """
        deadline = time.monotonic() + wait_s
        while True:
            changed = self._changed
            page = self._recall(position)
            if page is None:
                page = await in_thread(key_events.after, position)
            left = deadline - time.monotonic()
            if page.events:
                return page
            if left <= 0:
                self._require_fresh()
                return page
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), left)

    async def _try_to_read(self) -> None:
        try:
            await self._read_new()
        except UNAVAILABLE as error:
            if not self._is_failing:
                log.warning("key events not read; trying on", error=str(error))
            self._is_failing = True
        else:
            self._is_failing = False

    async def _read_new(self) -> None:
        asked_at = time.monotonic()
        try:
            page = await in_thread(key_events.read, self._position)
        except PositionGone:
            # The table was emptied under us; readers learn it from the database.
            self._recent, page = [], await in_thread(key_events.read, None)
        self._read_at = asked_at
        if page.position != self._position:
            self._position = page.position
            self._recent = [*self._recent[-KEPT:], *page.events]
            self._changed.set()
            self._changed = asyncio.Event()

    def _recall(self, position: int) -> Page | None:
        """What memory knows about the time after `position`; None where it knows too little."""
        if self._position is None or not self._position - len(self._recent) <= position <= self._position:
            return None
        start = len(self._recent) - (self._position - position)
        events = tuple(self._recent[start : start + key_events.PAGE])
        return Page(events[-1].position if events else position, events)

    def _require_fresh(self) -> None:
        if time.monotonic() - self._read_at > STALE_AFTER_S:
            raise Stale("The database does not answer, so that nobody knows whether something is new.")
