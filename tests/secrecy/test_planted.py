"""Secrets are planted wherever somebody may put one; none is in a log, in the database or in Valkey."""

import os
import subprocess
import sys
from dataclasses import dataclass

import psycopg
import pytest
import redis
from psycopg import sql

from config.stack import state
from config.stack.stack import Stack, throw_away_stack
from sandbox.alipay import rsa
from tests.alipay_servers import APP_ID, SELLER_ID, alipay_key, app_key
from tests.secrecy import calls, processes
from tests.secrecy.calls import Caller
from tests.secrecy.plants import Plants

pytestmark = pytest.mark.slow

EMAIL = "operator@example.com"


@dataclass
class Story:
    plants: Plants
    log: str
    database: str
    valkey: str
    statuses: list[int]


@pytest.fixture(scope="module")
def story() -> Story:
    """The whole service at its most talkative, misused and failing in every way, and what it left behind."""
    plants = Plants()
    lines: list[str] = []
    told = {
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "DEBUG",
        "LOG_REQUESTS": "all",
        "SECRET_KEY_FALLBACKS": plants.plain("older secret key"),
        "STRIPE_SECRET_KEY": plants.plain("Stripe's key"),
        "STRIPE_WEBHOOK_SECRET": f"{plants.plain('older webhook secret')},{plants.plain('webhook secret')}",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "ALIPAY_APP_ID": APP_ID,
        "ALIPAY_SELLER_ID": SELLER_ID,
        "ALIPAY_PRIVATE_KEY": plants.remember("our key at Alipay", rsa.private_text(app_key())),
        "ALIPAY_PUBLIC_KEY": rsa.public_text(alipay_key()),
        "ALIPAY_GATEWAY": "http://127.0.0.1:9/gateway.do",
        "DJANGO_SUPERUSER_EMAIL": EMAIL,
        "DJANGO_SUPERUSER_PASSWORD": plants.plain("operator's password"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, text in told.items():
            patch.setenv(name, text)
        with throw_away_stack(sink=lambda _name, line: lines.append(line)) as stack:
            caller = Caller(stack.url)
            _plant_what_the_stack_knows(stack, plants)
            _misuse(stack, caller, plants)
            database, valkey = _dump(stack), _contents(stack)
            lines.append(processes.fail(plants, stack.environ))
    return Story(plants, "\n".join(lines), database, valkey, caller.statuses)


def _plant_what_the_stack_knows(stack: Stack, plants: Plants) -> None:
    engines = state.load(stack.data_dir)
    plants.remember("secret key", stack.environ["SECRET_KEY"])
    for role in ("superuser", "owner", "app", "valkey"):
        plants.remember(f"password of {role}", getattr(engines, f"{role}_password"))


def _misuse(stack: Stack, caller: Caller, plants: Plants) -> None:
    manage(stack, "createsuperuser", "--noinput")
    key = plants.remember("customer's key", manage(stack, "sign_up", "dora@example.com", "--name", "Dora"))
    scopes = "holds,usage,usage:unheld,keys:read"
    token = manage(stack, "issue_service_token", "gateway-1", "--scopes", scopes)
    plants.remember("gateway's token", token)

    calls.as_gateway(caller, plants, token, key)
    calls.as_stranger(caller, plants)
    calls.as_stripe(caller, plants)
    calls.as_alipay(caller, plants)
    calls.as_operator(caller, plants, EMAIL, os.environ["DJANGO_SUPERUSER_PASSWORD"])
    calls.to_key_events(stack, plants)
    with broken(stack):
        calls.while_broken(caller, plants, token)


class broken:  # noqa: N801 (reads as a statement)
    """While it lasts, every look-up of a key or a person fails inside PostgreSQL."""

    def __init__(self, stack: Stack) -> None:
        self._url = state.load(stack.data_dir).superuser_url.removesuffix("postgres") + state.DATABASE

    def __enter__(self) -> None:
        self._rename("api_key", "hidden_key")
        self._rename("django_session", "hidden_session")

    def __exit__(self, *_error: object) -> None:
        self._rename("hidden_key", "api_key")
        self._rename("hidden_session", "django_session")

    def _rename(self, old: str, new: str) -> None:
        statement = sql.SQL("alter table {} rename to {}").format(sql.Identifier(old), sql.Identifier(new))
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)


def manage(stack: Stack, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=processes.ROOT,
        env=stack.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def _dump(stack: Stack) -> str:
    """Every row of every table, as text."""
    url = state.load(stack.data_dir).superuser_url.removesuffix("postgres") + state.DATABASE
    with psycopg.connect(url) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        dumped = []
        for (table,) in tables:
            query = sql.SQL("select to_json(whole)::text from {} as whole").format(sql.Identifier(table))
            dumped += [row[0] for row in connection.execute(query)]
    return "\n".join(dumped)


def _contents(stack: Stack) -> str:
    """Every key and value in Valkey, as it is stored."""
    with redis.Redis.from_url(stack.environ["REDIS_URL"]) as client:
        found = {key: client.dump(key) for key in client.scan_iter()}
    return repr(found)


class TestPlanted:
    def test_are_fifty_and_more(self, story):
        assert len(story.plants.by_place) >= 50

    def test_reached_the_service(self, story):
        """Refusals, sign-ins and failures: no request was lost on its way."""
        assert {200, 302, 400, 401, 403, 404, 405, 422, 500} <= set(story.statuses)

    def test_are_in_no_log(self, story):
        assert len(story.log) > 20_000
        assert story.plants.found_in(story.log) == []

    def test_are_in_no_table(self, story):
        assert "dora@example.com" in story.database
        assert story.plants.found_in(story.database, also_kept=False) == []

    def test_are_not_in_valkey(self, story):
        assert story.plants.found_in(story.valkey) == []

    def test_would_be_found(self, story):
        plants = story.plants

        assert plants.found_in(f"a log with {plants.by_place['session']} in it") == ["session"]
        assert plants.found_in(story.database) == ["session"]
