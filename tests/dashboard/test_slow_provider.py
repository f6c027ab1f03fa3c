"""A provider that hangs keeps the pages that ask it waiting, and not the threads that serve everybody."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from billing.models import TopUp
from tests import cast
from tests.billing.top_ups import purchases
from tests.dashboard import browsers
from tests.dashboard.browsers import Page
from tests.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("committed_db")
# Both that may ask, and the test, which lets them go on.
TOGETHER = 3


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(TOGETHER) as made:
        yield made


def look(who: cast.Player, top_up: TopUp) -> Page:
    try:
        return browsers.of(who).get(f"/dashboard/top-ups/{top_up.id}/")
    finally:
        connections.close_all()


def wait_for(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(6000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came about")


class TestPages:
    def test_that_wait_for_a_provider_are_two_at_most(self, stripe: StandIn, threads: ThreadPoolExecutor):
        alice = cast.player("Alice")
        top_up = purchases.begin(alice)
        stripe.pay(top_up.object_id)
        stripe.at_fetch = threading.Barrier(TOGETHER)
        waiting = [threads.submit(look, alice, top_up) for _ in range(TOGETHER - 1)]
        wait_for(lambda: stripe.fetched == TOGETHER - 1)

        third = threads.submit(look, alice, top_up).result(timeout=60)
        asked = stripe.fetched
        if asked == TOGETHER - 1:
            stripe.at_fetch.wait(timeout=60)

        assert asked == TOGETHER - 1
        assert (third.status, 'http-equiv="refresh"' in third.html) == (200, True)
        assert ["$20.00 added" in each.result(timeout=60).text for each in waiting] == [True, True]
