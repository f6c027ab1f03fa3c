"""A light HTTP client: prepared requests over a few kept-alive connections, so that it costs little."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """Times are the event loop's, in seconds."""

    status: int
    body: bytes
    sent_at: float
    answered_at: float

    @property
    def took_s(self) -> float:
        return self.answered_at - self.sent_at


class Connection(asyncio.Protocol):
    """One request at a time; `ask` waits for its whole answer."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(END_OF_HEAD)
        body = _whole_body(head, rest) if found else None
        if body is not None and self._answered:
            self._received = b""
            self._answered.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(error or ConnectionError("the server closed the connection"))

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        sent_at = time.monotonic()
        self._transport.write(request)
        status, body = await self._answered
        return Answer(status, body, sent_at, time.monotonic())

    def close(self) -> None:
        if self._transport:
            self._transport.close()


async def connect(url: str) -> Connection:
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, address.hostname, address.port
    )
    return connection


def send(url: str, requests: Sequence[bytes], *, connections: int) -> tuple[list[Answer], float]:
    """Send all requests, each connection one after another; returns the answers and requests per second."""
    return asyncio.run(_send(url, requests, connections))


def post(path: str, body: bytes, token: str = "") -> bytes:
    """The bytes of a POST request."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}{_bearer(token)}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{_bearer(token)}\r\n".encode()


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def _whole_body(head: bytes, rest: bytes) -> bytes | None:
    """The body, of a length announced or in chunks; None as long as some of it is missing."""
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length:
        return rest if len(rest) >= int(length[1]) else None
    if not rest.endswith(LAST_CHUNK):
        return None
    body = b""
    while rest != LAST_CHUNK:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


def _bearer(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n" if token else ""


async def _send(url: str, requests: Sequence[bytes], connections: int) -> tuple[list[Answer], float]:
    opened = [await connect(url) for _ in range(connections)]
    waiting = iter(requests)
    answers: list[Answer] = []
    started = time.monotonic()
    await asyncio.gather(*(_send_over(connection, waiting, answers) for connection in opened))
    seconds = time.monotonic() - started
    for connection in opened:
        connection.close()
    return answers, len(answers) / seconds


async def _send_over(connection: Connection, waiting: Iterator[bytes], answers: list[Answer]) -> None:
    answers.extend([await connection.ask(request) for request in waiting])
