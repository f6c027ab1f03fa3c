"""The long poll of key events: prompt, without gaps, cheap to wait in, and closed to strangers."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.api import authentication
from accounts.models import ServiceToken
from accounts.services import service_tokens
from billing.models import KeyEvent
from billing.services import customers, publisher
from config import key_feed
from config.key_feed import in_thread
from config.long_poll import LongPoll
from tests import cast, gateways
from tests.cast import USD

SCANS = "select coalesce(idx_scan, 0) + seq_scan from pg_stat_user_tables where relname = 'key_event'"
ADDRESS = "/internal/v1/key-events"


@pytest.fixture(autouse=True)
def _fresh(committed_db: None):
    authentication.forget()


@pytest.fixture
def secret() -> str:
    return gateways.gateway("keys:read").secret


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class Reader:
    """Calls the application as an ASGI server would; `leave` hangs up."""

    app: LongPoll
    secret: str
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, query: str = "", *, path: str = ADDRESS, method: str = "GET") -> Answer | None:
        sent: list[dict[str, Any]] = []
        received = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in received:
                return message
            await self.left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {self.secret}".encode())] if self.secret else []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
        }
        await self.app(scope, receive, send)
        if not sent:
            return None
        start, body = sent
        names = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], names, body["body"])

    def leave(self) -> None:
        self.left.set()


@asynccontextmanager
async def _running() -> Any:
    app = LongPoll()
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    done: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: Any) -> None:
        await done.put(message["type"])

    living = asyncio.ensure_future(app({"type": "lifespan"}, messages.get, send))
    await messages.put({"type": "lifespan.startup"})
    assert await done.get() == "lifespan.startup.complete"
    yield app
    await messages.put({"type": "lifespan.shutdown"})
    assert await done.get() == "lifespan.shutdown.complete"
    await living


def run(story: Callable[[LongPoll], Awaitable[None]]) -> None:
    async def told() -> None:
        running: AbstractAsyncContextManager[LongPoll] = _running()
        async with running as app:
            await story(app)

    asyncio.run(told())


def sign_up(name: str) -> cast.Player:
    player = cast.player(name, 1 * USD)
    publisher.publish(now=timezone.now())
    return player


def freeze(player: cast.Player) -> None:
    customers.freeze(customer_id=player.id, reason="test", now=timezone.now())
    publisher.publish(now=timezone.now())


class TestLongPoll:
    def test_tells_a_new_reader_where_it_stands(self, secret: str):
        sign_up("Alice")

        async def story(app: LongPoll) -> None:
            answer = await Reader(app, secret).get()
            assert answer
            assert (answer.status, answer.content["events"]) == (200, [])
            assert answer.content["position"] > 0

        run(story)

    def test_gives_what_came_before_the_process_did(self, secret: str):
        alice = sign_up("Alice")
        newest = KeyEvent.objects.latest("position").position

        async def story(app: LongPoll) -> None:
            answer = await Reader(app, secret).get("after=0&wait_s=30")
            assert answer
            assert [event["position"] for event in answer.content["events"]] == list(range(1, newest + 1))
            assert answer.content["events"][-1]["key_digest"] == alice.digest.hex()
            assert answer.content["position"] == newest

        run(story)

    def test_wakes_every_waiting_reader_at_once(self, secret: str):
        alice = sign_up("Alice")
        after = KeyEvent.objects.latest("position").position

        async def story(app: LongPoll) -> None:
            waiting = [
                asyncio.ensure_future(Reader(app, secret).get(f"after={after}&wait_s=30")) for _ in range(50)
            ]
            await asyncio.sleep(1)
            assert not any(reader.done() for reader in waiting)

            await in_thread(freeze, alice)
            frozen_at = time.monotonic()
            answers = await asyncio.gather(*waiting)
            assert time.monotonic() - frozen_at < key_feed.POLL_S
            for answer in answers:
                assert answer
                assert [event["state"] for event in answer.content["events"]] == ["frozen"]
                assert answer.content["position"] == after + 1

        run(story)

    def test_needs_no_valkey(self, secret: str, settings: Any, monkeypatch: pytest.MonkeyPatch):
        alice = sign_up("Alice")
        after = KeyEvent.objects.latest("position").position
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        async def story(app: LongPoll) -> None:
            waiting = asyncio.ensure_future(Reader(app, secret).get(f"after={after}&wait_s=30"))
            await asyncio.sleep(0.2)
            await in_thread(freeze, alice)
            answer = await asyncio.wait_for(waiting, 2)
            assert answer
            assert answer.content["position"] == after + 1

        run(story)

    def test_answers_nothing_when_nothing_came(self, secret: str):
        async def story(app: LongPoll) -> None:
            started_at = time.monotonic()
            answer = await Reader(app, secret).get("after=0&wait_s=1")
            assert answer
            assert answer.content == {"position": 0, "events": []}
            assert 0.9 < time.monotonic() - started_at < 3

        run(story)

    def test_follows_every_change_without_a_gap(self, secret: str):
        async def story(app: LongPoll) -> None:
            reader, position, seen = Reader(app, secret), 0, []
            writing = asyncio.ensure_future(in_thread(lambda: [sign_up(f"p{n}") for n in range(20)]))
            while position < 20 or not writing.done():
                answer = await reader.get(f"after={position}&wait_s=5")
                assert answer
                seen += [event["position"] for event in answer.content["events"]]
                position = answer.content["position"]
            assert seen == list(range(1, position + 1))

        run(story)

    def test_tells_a_reader_to_start_again(self, secret: str):
        sign_up("Alice")
        sign_up("Bob")
        KeyEvent.objects.filter(position=1).delete()

        async def story(app: LongPoll) -> None:
            for after in ("0", "1000"):
                answer = await Reader(app, secret).get(f"after={after}&wait_s=5")
                assert answer
                assert (answer.status, answer.content["code"]) == (410, "position_gone")

        run(story)


class TestWaiting:
    def test_costs_no_query_for_each_reader(self, secret: str, owner_connection: psycopg.Connection):
        sign_up("Alice")
        after = KeyEvent.objects.latest("position").position

        def scans() -> int:
            row = owner_connection.execute(SCANS).fetchone()
            assert row
            return int(row[0])

        async def story(app: LongPoll) -> None:
            await asyncio.sleep(1.2)
            before = scans()
            waiting = [
                asyncio.ensure_future(Reader(app, secret).get(f"after={after}&wait_s=3")) for _ in range(300)
            ]
            await asyncio.gather(*waiting)
            await asyncio.sleep(1.2)
            # How many there are is a matter of time; one for each reader is what must not be.
            assert 0 < scans() - before < len(waiting)

        run(story)

    def test_ends_with_its_reader(self, secret: str):
        async def story(app: LongPoll) -> None:
            await asyncio.sleep(0.2)
            before = len(asyncio.all_tasks())
            readers = [Reader(app, secret) for _ in range(20)]
            waiting = [asyncio.ensure_future(reader.get("after=0&wait_s=30")) for reader in readers]
            await asyncio.sleep(0.5)
            assert len(asyncio.all_tasks()) >= before + 3 * len(readers)
            for reader in readers:
                reader.leave()
            assert await asyncio.wait_for(asyncio.gather(*waiting), 2) == [None] * len(readers)
            assert len(asyncio.all_tasks()) == before

        run(story)

    def test_ends_unheard_where_the_token_was_revoked(self, secret: str):
        def revoke() -> None:
            token = ServiceToken.objects.get()
            service_tokens.revoke(token_id=token.pk, now=timezone.now())
            authentication.forget()

        async def story(app: LongPoll) -> None:
            waiting = asyncio.ensure_future(Reader(app, secret).get("after=0&wait_s=1"))
            await asyncio.sleep(0.3)
            await in_thread(revoke)
            answer = await waiting
            assert answer
            assert (answer.status, answer.content["code"]) == (401, "service_token")

        run(story)

    def test_does_not_say_that_nothing_is_new_without_the_database(
        self, secret: str, owner_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(key_feed, "STALE_AFTER_S", 1.0)

        async def story(app: LongPoll) -> None:
            reader = Reader(app, secret)
            assert await reader.get("after=0")
            with owner_connection.transaction():
                owner_connection.execute("lock table key_event")
                answer = await reader.get("after=0&wait_s=2")
            assert answer
            assert (answer.status, answer.content["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After".lower()] == "1"

            await asyncio.sleep(2.5)
            answer = await reader.get("after=0&wait_s=1")
            assert answer
            assert answer.status == 200

        run(story)


class TestStrangers:
    @pytest.mark.parametrize(
        ("query", "field"),
        [("after=x", "after"), ("after=1&after=1", "after"), ("wait_s=31", "wait_s"), ("until=1", "until")],
    )
    def test_are_told_what_is_wrong(self, query: str, field: str, secret: str):
        async def story(app: LongPoll) -> None:
            answer = await Reader(app, secret).get(query)
            assert answer
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status, answer.content["code"], answer.content["field"]) == (422, "invalid", field)

        run(story)

    def test_need_a_token_with_the_scope(self):
        other = gateways.gateway("holds", "usage").secret

        async def story(app: LongPoll) -> None:
            for token, status, code in (
                ("", 401, "service_token"),
                ("st-am-no", 401, "service_token"),
                (other, 403, "missing_scope"),
            ):
                answer = await Reader(app, token).get("after=0&wait_s=30")
                assert answer
                assert (answer.status, answer.content["code"]) == (status, code)

        run(story)

    def test_find_nothing_else_here_but_the_health_check(self):
        async def story(app: LongPoll) -> None:
            reader = Reader(app, "")
            health = await reader.get(path="/healthz")
            unknown = await reader.get(path="/internal/v1/holds")
            posted = await reader.get(method="POST")
            assert health
            assert unknown
            assert posted
            assert (health.status, health.body) == (200, b"ok\n")
            assert (unknown.status, unknown.content["code"]) == (404, "not_found")
            assert (posted.status, posted.headers["allow"]) == (405, "GET")

        run(story)
