"""A PostgreSQL that cuts everybody off in mid-run, again and again: what was asked for happens once."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import Hold
from billing.services import credits
from billing.services.holds import place
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.faults import database
from tests.faults.insistence import insist
from tests.faults.sizes import times
from usage.models import Charge, UsageEvent

Hire = Callable[[int], Crew]

CUT = """
    select pg_terminate_backend(pid)
      from pg_stat_activity
     where usename = current_user and datname = current_database() and pid <> pg_backend_pid()
"""
REQUESTS, CUTS = times(40), times(5)


def trade(who: cast.Player, done: Callable[[], Any]) -> int:
    base = insist(lambda: cast.hold_request(who, out=10))
    for number in range(REQUESTS):
        request = replace(base, request_id=uuid7())
        insist(lambda request=request: place.hold(request, now=timezone.now()))  # type: ignore[misc]
        report = cast.report(who, request.request_id, output=1)
        insist(lambda report=report: cast.send(report))  # type: ignore[misc]
        effect_key = f"grant:{uuid7()}"
        insist(lambda effect_key=effect_key: grant(who, effect_key))  # type: ignore[misc]
        if number % 5 == 0:
            insist(cast.settle)
        done()
    return REQUESTS


def grant(who: cast.Player, effect_key: str) -> bool:
    return credits.grant(
        customer_id=who.id, amount_nanos=1000, reason="test", effect_key=effect_key, now=timezone.now()
    )


def cut(progress: threading.Semaphore) -> int:
    """Cut all connections each time that a part of the work is done."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for _ in range(CUTS):
            for _ in range(4 * REQUESTS // (CUTS + 1)):
                assert progress.acquire(timeout=60)
            connection.execute(CUT)
    return CUTS


class TestCutConnections:
    def test_lose_and_double_nothing(self, crew: Hire):
        players = [cast.player(f"Customer-{n}", USD) for n in range(4)]
        progress = threading.Semaphore(0)

        crew(5).each([*(partial(trade, who, progress.release) for who in players), partial(cut, progress)])
        # The pool may still have connections that were cut while nobody used them.
        database.reconnect()
        cast.settle()

        assert Hold.objects.filter(state="settled").count() == Charge.objects.count() == 4 * REQUESTS
        assert not UsageEvent.objects.exists()
        for who in players:
            wallet = who.wallet()
            spent = REQUESTS * (OUTPUT_TOKEN - 1000)
            assert (wallet.balance_nanos, wallet.held_nanos) == (USD - spent, 0)
