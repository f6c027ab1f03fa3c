"""Calls of a patient gateway: whatever is not answered is sent again, with the same ids."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from usage.replay.errors import Refused

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
GIVES_UP_AFTER_S = 600
ANSWERS_WITHIN = aiohttp.ClientTimeout(total=30)
TRY_AGAIN = frozenset({408, 425, 429})

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said, and how many microseconds it took this time."""

    status: int
    body: Mapping[str, Any]
    took_us: int


class Client:
    """Posts to and reads from the internal API of one service; says so where that stays away."""

    def __init__(self, session: aiohttp.ClientSession, say: Say) -> None:
        self._session = session
        self._say = say
        self._is_away = False

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._until_answered("POST", path, body)

    async def get(self, path: str) -> Answer:
        return await self._until_answered("GET", path, None)

    async def _until_answered(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        pause, deadline = FIRST_PAUSE_S, time.monotonic() + GIVES_UP_AFTER_S
        while True:
            try:
                answer = await self._once(method, path, body)
                if answer.status < 500 and answer.status not in TRY_AGAIN:
                    self._is_away = False
                    return answer
                problem = f"HTTP {answer.status}"
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                problem = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise Refused(f"{path}: no answer for {GIVES_UP_AFTER_S} seconds, last: {problem}")
            if pause == LONGEST_PAUSE_S and not self._is_away:
                self._is_away = True
                self._say(f"{path} is away ({problem}); trying again")
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads retries.
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        started = time.perf_counter_ns()
        async with self._session.request(method, path, json=body) as response:
            content = await response.json(content_type=None) if response.status < 500 else {}
            return Answer(response.status, content, (time.perf_counter_ns() - started) // 1000)


@asynccontextmanager
async def connect(url: str, token: str, *, connections: int, say: Say) -> AsyncIterator[Client]:
    """Connect to the service at `url` with a gateway's token."""
    async with aiohttp.ClientSession(
        url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=ANSWERS_WITHIN,
        connector=aiohttp.TCPConnector(limit=connections),
    ) as session:
        yield Client(session, say)
