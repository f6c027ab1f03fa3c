"""What the drill kills, and how each of them is found and hit."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence

import psycopg

from tests.config.processes import is_alive
from tests.drills.kills.grants import Granter
from tests.drills.kills.world import World

FOUND_WITHIN_S = 60
LOOKS_AHEAD = 6
PUBLISHES_WITHIN_S = 3
LOOK_EVERY_S = 0.05
# How often each stands in the deck that the drill deals from.
DECK = {
    "web": 1,
    "web child": 2,
    "worker": 1,
    "worker child": 2,
    "publisher": 2,
    "beat": 1,
    "key-events": 1,
    "key-events child": 1,
    "postgres": 2,
    "postgres backend": 2,
    "valkey": 2,
    "grants": 1,
}
BACKENDS = "select pid from pg_stat_activity where backend_type = 'client backend' and usename = 'app'"
PUBLISHING = """
    select from pg_stat_activity
     where usename = 'app' and wait_event_type = 'Lock' and query like '%insert into key_event%'
"""


class NotFoundError(Exception):
    """What was to be killed did not come back in time."""


def deal(seed: int, count: int) -> list[str]:
    """The names of what is killed, in order; each shuffled deck is dealt whole."""
    chance = random.Random(f"{seed}/targets")
    dealt: list[str] = []
    while len(dealt) < count:
        deck = [name for name, times in DECK.items() for _ in range(times)]
        chance.shuffle(deck)
        dealt += deck
    return dealt[:count]


class Targets:
    """Kills by name."""

    def __init__(self, world: World, granter: Granter, *, seed: int) -> None:
        self._world = world
        self._granter = granter
        self._chance = random.Random(f"{seed}/children")

    async def kill_one(self, names: Sequence[str]) -> str:
        """SIGKILL the first of `names` that runs right now, and return it.

        What is still being started is left for later. Raises `NotFoundError` where nothing ran for a minute.
        """
        deadline = time.monotonic() + FOUND_WITHIN_S
        while True:
            for name in dict.fromkeys(names[:LOOKS_AHEAD]):
                if await asyncio.to_thread(self._try_to_kill, name):
                    return name
            if time.monotonic() > deadline:
                raise NotFoundError(
                    f"none of {', '.join(names[:LOOKS_AHEAD])} to kill for {FOUND_WITHIN_S} s"
                )
            await asyncio.sleep(LOOK_EVERY_S)

    def _try_to_kill(self, name: str) -> bool:
        if name == "publisher":
            return self._try_to_kill_publisher()
        pids = self._pids(name)
        return bool(pids) and _sigkill(self._chance.choice(pids))

    def _pids(self, name: str) -> list[int]:
        if name == "grants":
            return [self._granter.pid] if self._granter.pid else []
        if name == "postgres backend":
            return self._backends()
        program, _, child = name.partition(" ")
        if child:
            return self._world.children_of(program)
        pid = self._world.stack.pids().get(program)
        return [pid] if pid else []

    def _backends(self) -> list[int]:
        try:
            return [row[0] for row in self._world.ask(BACKENDS)]
        except psycopg.OperationalError:
            return []

    def _try_to_kill_publisher(self) -> bool:
        """Kill the worker's children while one of them is publishing: a lock on its table keeps it there."""
        if not self._world.children_of("worker"):
            return False
        try:
            with self._world.connect() as lock, self._world.connect() as look:
                look.autocommit = True
                lock.execute("set lock_timeout = '1s'")
                lock.execute("lock table key_event in share mode")
                deadline = time.monotonic() + PUBLISHES_WITHIN_S
                while not look.execute(PUBLISHING).fetchall():
                    if time.monotonic() > deadline:
                        return False
                    time.sleep(LOOK_EVERY_S)
                killed = [_sigkill(pid) for pid in self._world.children_of("worker")]
                return any(killed)
        except psycopg.OperationalError:
            return False


def _sigkill(pid: int) -> bool:
    if not is_alive(pid):
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
