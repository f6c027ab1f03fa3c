"""A worker that is killed anywhere in a charge: whoever goes on with it, the card is charged once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from billing import sql
from billing.models import AutoTopUp, Mail
from billing.services.top_ups import poll
from tests import cast
from tests.billing.auto_top_ups.agreements import autos, charged, ready, run, states
from tests.billing.auto_top_ups.toll import PATIENCE_S, gate
from tests.cast import USD
from tests.concurrency.crew import BLOCKED, Crew
from tests.config.processes import eventually
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, Control

ROOT = Path(__file__).parents[3]
LIST, CHARGE, FETCH = "GET /v1/payment_intents?", "POST /v1/payment_intents", "GET /v1/payment_intents/pi_"
WAITS_FOR_WALLET = "select pg_stat_clear_snapshot() is null as done"


@pytest.fixture
def alice(committed_db: None) -> cast.Player:
    return cast.player("Alice")


@contextmanager
def worker(url: str) -> Iterator["subprocess.Popen[str]"]:
    """A worker that talks to Stripe at `url`; killed at the end, if it was not before."""
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "STRIPE_API_BASE": url,
    }
    command = [sys.executable, "-m", "tests.billing.auto_top_ups.worker"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def waits_for_a_lock() -> bool:
    sql.fetch(WAITS_FOR_WALLET)
    return bool(sql.fetch(BLOCKED)[0].n)


def recover(hire: Callable[[int], Crew]) -> None:
    """Everything that beat starts, from four workers at once, until the last pause is over."""
    began_at = timezone.now()
    crew = hire(4)
    for minutes in (0, 1, 3, 6, 9, 12, 25, 40):
        now = began_at + timedelta(minutes=minutes)
        crew.together(partial(_work, now=now))


def _work(_: int, *, now: datetime) -> None:
    run(now=now)
    poll.poll_due(now=now)


@pytest.fixture
def hire(committed_db: None) -> Iterator[Callable[[int], Crew]]:
    with ExitStack() as crews:

        def one(size: int) -> Crew:
            crew = Crew(size)
            crews.callback(crew.go_home)
            return crew

        yield one


@dataclass(frozen=True)
class Point:
    """Where the worker is killed: with `call` stopped `at` Stripe, which has charged `reached` times."""

    what: str
    call: str
    at: str
    reached: int


POINTS = [
    Point("committed, and Stripe never heard of it", LIST, "before", 0),
    Point("on its way to Stripe", CHARGE, "before", 0),
    Point("charged, and the answer was lost", CHARGE, "after", 1),
    Point("answered, and nothing was written down", FETCH, "before", 1),
    Point("looked up, and nothing was credited", FETCH, "after", 1),
]


class TestKilled:
    def test_before_it_decided_has_done_nothing(
        self,
        alice: cast.Player,
        stripe: Control,
        owner_connection: psycopg.Connection,
        hire: Callable[[int], Crew],
    ):
        ready(alice, stripe)
        owner_connection.execute("begin")
        owner_connection.execute("select from wallet where customer_id = %s for update", [alice.id])
        with worker(stripe.url) as process:
            assert eventually(waits_for_a_lock, within_s=PATIENCE_S)
            process.kill()
        owner_connection.execute("rollback")
        assert autos(alice) == []

        recover(hire)
        self._is_charged_once(alice, stripe)

    @pytest.mark.parametrize("point", POINTS, ids=[point.what for point in POINTS])
    def test_charges_once_all_the_same(
        self, alice: cast.Player, stripe: Control, hire: Callable[[int], Crew], point: Point
    ):
        ready(alice, stripe)
        with gate(stripe.url, point.call, point.at) as (stops, url), worker(url) as process:
            assert stops.stopped.wait(PATIENCE_S)
            process.kill()
            process.wait()
            assert (states(alice), charged(stripe)) == (["created"], point.reached)
            # The gate opens only afterwards: what it holds arrives after the recovery, as a late packet does.
            recover(hire)
            self._is_charged_once(alice, stripe)
        self._is_charged_once(alice, stripe)

    def test_while_it_credits_credits_once(
        self,
        alice: cast.Player,
        stripe: Control,
        owner_connection: psycopg.Connection,
        hire: Callable[[int], Crew],
    ):
        ready(alice, stripe)
        with gate(stripe.url, FETCH, "before") as (stops, url), worker(url) as process:
            assert stops.stopped.wait(PATIENCE_S)
            owner_connection.execute("begin")
            owner_connection.execute("select from wallet where customer_id = %s for update", [alice.id])
            stops.opened.set()
            assert eventually(waits_for_a_lock, within_s=PATIENCE_S)
            process.kill()
        owner_connection.execute("rollback")

        recover(hire)
        self._is_charged_once(alice, stripe)

    def test_after_a_refusal_suspends_once(
        self, alice: cast.Player, stripe: Control, hire: Callable[[int], Crew]
    ):
        ready(alice, stripe, "declines")
        with gate(stripe.url, CHARGE, "after") as (stops, url), worker(url) as process:
            assert stops.stopped.wait(PATIENCE_S)
            process.kill()
            process.wait()
            recover(hire)
        assert states(alice) == ["failed"]
        assert AutoTopUp.objects.get().suspended_reason == "generic_decline"
        assert Mail.objects.count() == 1
        assert len([one for one in stripe.objects("charge") if one["status"] == "failed"]) == 1

    def _is_charged_once(self, who: cast.Player, stripe: Control) -> None:
        connections.close_all()
        assert (states(who), charged(stripe)) == (["paid"], 1)
        assert who.wallet().balance_nanos == 21 * USD
