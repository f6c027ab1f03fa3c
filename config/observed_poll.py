"""The long poll's requests, told to log and metrics as those of the web process are."""

import time

from structlog.contextvars import get_contextvars

from config import http_requests
from config.long_poll import ADDRESS, LongPoll, Message, Receive, Send

# What nginx logs for it; the reader itself sees nothing.
_READER_LEFT = 499
_ROUTES = {ADDRESS: ADDRESS.removeprefix("/"), "/healthz": "healthz"}


class ObservedPoll:
    """ASGI application around the long poll."""

    def __init__(self, poll: LongPoll) -> None:
        self._poll = poll

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._poll(scope, receive, send)
            return

        began_at = time.perf_counter()
        http_request_id = http_requests.begin(_given_id(scope))
        status = _READER_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((http_requests.HEADER.lower().encode(), http_request_id.encode()))
            await send(message)

        try:
            await self._poll(scope, receive, send_with_id)
        finally:
            http_requests.end(
                method=scope["method"],
                route=_ROUTES.get(scope["path"], http_requests.UNKNOWN),
                status=status,
                seconds=time.perf_counter() - began_at,
                code=get_contextvars().get("problem_code"),
            )


def _given_id(scope: Message) -> str | None:
    name = http_requests.HEADER.lower().encode()
    given = next((value for header, value in scope["headers"] if header.lower() == name), None)
    return given.decode("latin-1") if given else None
