"""Credit that comes during the drill, by `manage.py grant_credit` in processes of their own."""

import asyncio
import random
import sys
from decimal import Decimal

from config.stack.programs import ROOT
from tests.drills.kills.orders import NANOS
from tests.drills.kills.records import Records
from tests.drills.kills.world import Say, World

EVERY_S = 4.0
TRY_AGAIN_AFTER_S = 0.5
LITTLE_NANOS = (20_000_000, 150_000_000)


class Granter:
    """Gives credit, again and again under the same name until the command says that it is given."""

    def __init__(self, world: World, records: Records, *, seed: int, say: Say) -> None:
        self._world = world
        self._records = records
        self._chance = random.Random(f"{seed}/grants")
        self._say = say
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the command that runs right now."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def give(self, until: asyncio.Event) -> None:
        """Give the poor a little now and then; they run out again and again."""
        while not until.is_set():
            person = self._chance.choice(self._world.poor)
            await self._give(person.email, self._chance.randint(*LITTLE_NANOS))
            try:
                await asyncio.wait_for(until.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def _give(self, email: str, nanos: int) -> None:
        self._records.grants += 1
        once = f"drill-{self._records.grants}"
        amount = format(Decimal(nanos) / NANOS, "f")
        command = ("manage.py", "grant_credit", email, amount, "--reason", "drill", "--once", once)
        while await self._run(*command) != 0:
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
        self._records.granted_nanos[email] += nanos

    async def _run(self, *command: str) -> int:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            env=self._world.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, errors = await self._process.communicate()
        except BaseException:
            if self.pid:
                self._process.kill()
            raise
        status = self._process.returncode or 0
        if status > 0:
            last = (errors.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
            self._say("grant", f"not given yet: {last}")
        return status
