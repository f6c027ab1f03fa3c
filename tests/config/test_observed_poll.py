"""The long poll's requests have ids, lines and counts as others have."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from config.long_poll import ADDRESS, LongPoll, Message, Receive, Send
from config.observed_poll import ObservedPoll
from tests.config.request_lines import counted


class LeavingPoll(LongPoll):
    """A poll whose reader has left before there was an answer."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        return


def ask(path: str, *, poll: LongPoll | None = None, **headers: str) -> list[Message]:
    """What the process sends for a GET."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": "GET", "headers": given, "query_string": b""}
    asyncio.run(ObservedPoll(poll or LongPoll())(scope, receive, send))
    return sent


def header(sent: list[Message], name: bytes) -> Any:
    return dict(sent[0]["headers"])[name]


class TestObservedPoll:
    def test_keeps_a_well_formed_id_and_makes_one_otherwise(self, lines):
        given = str(uuid4())

        assert header(ask("/healthz", x_request_id=given), b"x-request-id").decode() == given
        assert header(ask("/healthz", x_request_id="sk-am-x"), b"x-request-id").decode() != "sk-am-x"
        assert lines[0].http_request_id == given

    @pytest.mark.parametrize(("path", "route"), [("/healthz", "healthz"), ("/sk-am-x", "unknown")])
    def test_names_routes_and_no_addresses(self, lines, path, route):
        ask(path)

        assert lines[0].route == route

    def test_tells_of_problems(self, lines):
        name = 'billing_problems_total{code="service_token",route="internal/v1/key-events"}'
        before = counted(name)

        ask(ADDRESS)

        assert (lines[0].status, lines[0].code) == (401, "service_token")
        assert counted(name) == before + 1

    def test_tells_of_readers_that_left(self, lines):
        ask(ADDRESS, poll=LeavingPoll())

        assert lines[0].status == 499
