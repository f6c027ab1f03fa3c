"""The key-events process: one address that waits for key states to change, and a health check."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars

from accounts.api.authentication import authenticate_header, require_scope
from billing.api import key_queries, problems
from billing.api.problems import CONTENT_TYPE, Problem
from billing.services import key_events
from billing.services.key_events import Page
from config.key_feed import Feed, in_thread

log = structlog.get_logger()

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ADDRESS = "/internal/v1/key-events"
SCOPE = "keys:read"


class LongPoll:
    """The ASGI application."""

    def __init__(self) -> None:
        self._feed = Feed()
        self._following: asyncio.Future[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._follow()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._following:
                    await _cancel(self._following)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/healthz":
            await _send(send, 200, b"ok\n", {"Content-Type": "text/plain"})
            return
        if refusal := _refusal(scope):
            await _send_problem(send, refusal)
            return

        try:
            page = await self._answer(scope, receive)
        except Exception as error:
            problem = problems.of(error)
            if problem is None:
                log.exception("key events not answered")
            await _send_problem(send, problem or problems.OUR_MISTAKE)
        else:
            if page:
                body = json.dumps(page.as_json(), separators=(",", ":")).encode()
                await _send(send, 200, body, {"Content-Type": "application/json"})

    async def _answer(self, scope: Message, receive: Receive) -> Page | None:
        """What is new after the reader's position; None where the reader has left."""
        await _require_token(scope)
        query = key_queries.read(scope["query_string"])
        if query.after is None:
            return await in_thread(key_events.read, None)

        self._follow()
        reading = asyncio.ensure_future(self._feed.after(query.after, wait_s=query.wait_s))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
            page = reading.result() if reading.done() else None
        finally:
            await _cancel(reading, leaving)
        # The token may have been revoked while its reader waited.
        await _require_token(scope)
        return page

    def _follow(self) -> None:
        """Start the feed with the first reader, and again should it ever have died."""
        if self._following is None or self._following.done():
            self._following = asyncio.ensure_future(self._feed.follow())


def _refusal(scope: Message) -> Problem | None:
    if scope["path"] != ADDRESS:
        return problems.NOT_FOUND
    return None if scope["method"] == "GET" else problems.method_not_allowed(["GET"])


async def _require_token(scope: Message) -> None:
    header = next((value for name, value in scope["headers"] if name.lower() == b"authorization"), b"")
    caller = await in_thread(authenticate_header, header.decode("latin-1"))
    bind_contextvars(gateway=caller.gateway)
    require_scope(caller, SCOPE)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _send_problem(send: Send, problem: Problem) -> None:
    bind_contextvars(problem_code=problem.code)
    await _send(send, problem.status, problem.body(), {"Content-Type": CONTENT_TYPE, **problem.headers})


async def _send(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
