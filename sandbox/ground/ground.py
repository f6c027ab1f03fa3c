"""The ground of one stand-in: everything that Stripe's and Alipay's have in common."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from sandbox.ground.clock import Clock
from sandbox.ground.journal import Journal, Store
from sandbox.ground.messages import Post, Scheduler

ANSWER_MS = 200


class Ground:
    """A stand-in's clock, memory and messages.

    `on_reset` are called after a reset has emptied the store. `post` of the scheduler is given by the
    stand-in, which knows how its messages are signed.
    """

    def __init__(self, name: str, journal: Journal | None, post: Post, *, retries_s: tuple[int, ...]) -> None:
        self.clock = Clock()
        self.store = Store(name, journal)
        self.messages = Scheduler(self.clock, self.store, post, retries_s=retries_s)
        self.answer_ms = ANSWER_MS
        self.chances = random.Random(0)  # noqa: S311 - chances of a test, not secrets
        self.on_reset: list[Callable[[], None]] = []

    def seed(self, seed: int) -> None:
        self.messages.seed(seed)
        self.chances.seed(seed)

    def reset(self) -> None:
        """Forget everything and misbehave no more."""
        self.store.clear()
        self.messages.reset()
        self.clock.set_offset(0)
        self.answer_ms = ANSWER_MS
        self.chances.seed(0)
        for hook in self.on_reset:
            hook()

    async def background(self, _: web.Application) -> AsyncIterator[None]:
        """A `cleanup_ctx` of the application: messages go out while it runs."""
        task = asyncio.create_task(self.messages.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
