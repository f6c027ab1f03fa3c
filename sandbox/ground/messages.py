"""Messages on their way to our webhooks: at least once, and by the seed twice, late, reordered or never."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from sandbox.ground.clock import Clock
from sandbox.ground.faults import Faults
from sandbox.ground.ids import new_id
from sandbox.ground.journal import Store

KIND = "message"
MOST_COPIES = 5
REORDER_WINDOW_S = 0.3
REORDER_RANKS = 8.0
HISTORY = 2000


@dataclass(slots=True)
class Message:
    """One delivery. `subject` is the event or trade it is about, `body` what the stand-in signs and sends.

    `state`: pending, delivered, dropped (lost by a fault) or given_up (never acknowledged).
    """

    message_id: str
    kind: str
    subject: str
    url: str
    body: str
    due: float
    rank: float
    attempts: int = 0
    state: str = "pending"


Post = Callable[[Message], Awaitable[bool]]
"""Signs and sends a message; says whether the receiver acknowledged it."""


class Scheduler:
    """Decides when each message goes out, and again until it is acknowledged.

    `retries_s` are the pauses between attempts by the stand-in's clock, so that moving it on makes
    retries due.
    """

    def __init__(self, clock: Clock, store: Store, post: Post, *, retries_s: tuple[int, ...]) -> None:
        self.clock = clock
        self.store = store
        self.post = post
        self.retries_s = retries_s
        self.faults = Faults()
        self.random = random.Random(0)  # noqa: S311 - chances of a test, not secrets
        self.sequence = 0
        self.paused = False
        self.history: list[Message] = []
        self.turn = asyncio.Lock()
        self.changed = asyncio.Event()
        self.load()

    def load(self) -> None:
        """Take what the journal kept from before a restart."""
        self.pending = {record["message_id"]: Message(**record) for record in self.store.all(KIND)}

    def reset(self) -> None:
        self.faults = Faults()
        self.seed(0)
        self.pending.clear()
        self.history.clear()
        self.paused = False

    def seed(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chances of a test, not secrets

    def send(self, *, kind: str, subject: str, url: str, body: str) -> None:
        """Queue a message, as the faults have it."""
        copies = 1
        while copies < MOST_COPIES and self.random.random() < self.faults.duplicate:
            copies += 1
        dropped = self.faults.drop_all or self.random.random() < self.faults.drop
        for _ in range(copies):
            message = self.placed(kind, subject, url, body)
            self.remember(message)
            if dropped:
                message.state = "dropped"
            else:
                self.keep(message)
        self.changed.set()

    def placed(self, kind: str, subject: str, url: str, body: str) -> Message:
        self.sequence += 1
        due = self.clock.timestamp() + self.random.uniform(0, self.faults.delay_ms) / 1000
        rank = float(self.sequence)
        if self.random.random() < self.faults.reorder:
            rank += self.random.uniform(0, REORDER_RANKS)
            due += self.random.uniform(0, REORDER_WINDOW_S)
        return Message(new_id("msg_"), kind, subject, url, body, due, rank)

    def remember(self, message: Message) -> None:
        self.history.append(message)
        del self.history[:-HISTORY]

    def keep(self, message: Message) -> None:
        self.pending[message.message_id] = message
        self.store.put(KIND, message.message_id, asdict(message))

    async def run(self) -> None:
        """Deliver what is due, until cancelled."""
        while True:
            self.changed.clear()
            now = self.clock.timestamp()
            due = [m for m in self.pending.values() if m.due <= now] if not self.paused else []
            if due:
                await self.deliver(due)
                continue
            waits = [m.due - now for m in self.pending.values()] if not self.paused else []
            try:
                await asyncio.wait_for(self.changed.wait(), min([*waits, 1.0]))
            except TimeoutError:
                continue

    async def flush(self) -> dict[str, int]:
        """Deliver everything now, due or not, once each, and what that brought about; answers when done."""
        tried: dict[str, Message] = {}
        while untried := [m for m in self.pending.values() if m.message_id not in tried]:
            tried |= {m.message_id: m for m in untried}
            await self.deliver(untried)
        delivered = sum(m.state == "delivered" for m in tried.values())
        return {"delivered": delivered, "failed": len(tried) - delivered, "pending": len(self.pending)}

    async def deliver(self, messages: list[Message]) -> None:
        async with self.turn:
            waiting = sorted((m for m in messages if m.message_id in self.pending), key=lambda m: m.rank)
            width = max(self.faults.parallel, 1)
            for first in range(0, len(waiting), width):
                await asyncio.gather(*(self.attempt(m) for m in waiting[first : first + width]))

    async def attempt(self, message: Message) -> None:
        acknowledged = await self.post(message)
        message.attempts += 1
        if acknowledged:
            self.end(message, "delivered")
        elif message.attempts > len(self.retries_s):
            self.end(message, "given_up")
        elif message.message_id in self.pending:
            message.due = self.clock.timestamp() + self.retries_s[message.attempts - 1]
            self.keep(message)

    def end(self, message: Message, state: str) -> None:
        message.state = state
        self.pending.pop(message.message_id, None)
        self.store.remove(KIND, message.message_id)
