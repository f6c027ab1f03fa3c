"""Credit that comes during the drill, given by a process of its own that is killed too."""

import asyncio
import json
import random
import sys
from decimal import Decimal

from config.stack.programs import ROOT
from tests.drills.kills.giver import GIVEN
from tests.drills.kills.orders import NANOS
from tests.drills.kills.records import Records
from tests.drills.kills.world import Say, World

EVERY_S = 0.5
TRY_AGAIN_AFTER_S = 0.5
LITTLE_NANOS = (1_000_000, 12_000_000)


class Granter:
    """Gives credit, again and again under the same name until it is told that it is given."""

    def __init__(self, world: World, records: Records, *, seed: int, say: Say) -> None:
        self._world = world
        self._records = records
        self._chance = random.Random(f"{seed}/grants")
        self._say = say
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the process that gives, while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def give(self, until: asyncio.Event) -> None:
        """Give the poor a little now and then; they run out again and again."""
        try:
            while not until.is_set():
                person = self._chance.choice(self._world.poor)
                await self._give(person.email, self._chance.randint(*LITTLE_NANOS))
                await asyncio.sleep(EVERY_S)
        finally:
            if self._process and self.pid:
                self._process.kill()
                await self._process.wait()

    async def _give(self, email: str, nanos: int) -> None:
        self._records.grants += 1
        order = json.dumps([email, format(Decimal(nanos) / NANOS, "f"), f"drill-{self._records.grants}"])
        while (answer := await self._ask(order)) != GIVEN:
            self._say("grant", f"not given yet: {answer}")
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
        self._records.granted_nanos[email] += nanos

    async def _ask(self, order: str) -> str:
        process = await self._running()
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(f"{order}\n".encode())
            await process.stdin.drain()
            answer = await process.stdout.readline()
        except ConnectionError:
            answer = b""
        if not answer:
            await process.wait()
            return "the process that gives was killed"
        return answer.decode().strip()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or not self.pid:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.drills.kills.giver"),
                cwd=ROOT,
                env=self._world.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        return self._process
