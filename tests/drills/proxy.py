"""A TCP proxy that loses answers: no signal can hit the moment between a commit and its reply, this can."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType

from config.stack import ports

HTTP_SUCCESS = b"HTTP/1.1 20"
# PostgreSQL's CommandComplete for COMMIT: type, length, tag.
COMMIT_COMPLETE = b"C\x00\x00\x00\x0bCOMMIT\x00"
_CHUNK = 65536


class Proxy:
    """Passes bytes on, in a thread of its own; an answer that is to be lost takes its connection with it.

    `upstream` returns the server's port; an answer is recognised by `mark`, which it contains. The request
    has been served by then.
    """

    def __init__(self, upstream: Callable[[], int], mark: bytes) -> None:
        self.port = ports.choose()
        self.lost = 0
        self._upstream = upstream
        self._mark = mark
        self._loses_next = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy {self.port}", daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError(f"no proxy on port {self.port}")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def lose_next(self) -> None:
        """Lose the next answer that has the mark, whoever waits for it; said twice before that, lose one."""
        with self._lock:
            self._loses_next = True

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._listening.set()
        await self._ended.wait()
        server.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream())
        except OSError:
            to_client.transport.abort()
            return
        directions = [
            asyncio.ensure_future(self._pass_on(client, to_server, can_lose=False)),
            asyncio.ensure_future(self._pass_on(server, to_client, can_lose=True)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for writer in (to_server, to_client):
                writer.transport.abort()
            for direction in directions:
                direction.cancel()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, can_lose: bool
    ) -> None:
        """Pass on until one side ends; what is still on its way then goes out first."""
        before = b""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if can_lose and self._mark in before + chunk and self._takes_it():
                    return
                before = (before + chunk)[1 - len(self._mark) :]
                writer.write(chunk)
                await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _takes_it(self) -> bool:
        with self._lock:
            is_lost, self._loses_next = self._loses_next, False
            self.lost += is_lost
            return is_lost
