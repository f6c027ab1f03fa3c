"""Many workers, customers who change their minds, and messages at once: one charge for each cause."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.utils import timezone

from billing.models import AutoTopUp, Mail
from billing.services.auto_top_ups import settings
from tests import cast
from tests.billing.auto_top_ups.agreements import charged, ready, run, spend, states
from tests.cast import USD
from tests.concurrency.crew import Crew
from tests.sandbox_servers import Control


@pytest.fixture
def crew(committed_db: None) -> Iterator[Callable[[int], Crew]]:
    with ExitStack() as crews:

        def hire(size: int) -> Crew:
            crew = Crew(size)
            crews.callback(crew.go_home)
            return crew

        yield hire


class TestEightWorkers:
    def test_charge_each_customer_once(self, stripe: Control, crew: Callable[[int], Crew]):
        players = [cast.player(f"Customer-{number}") for number in range(6)]
        for player in players:
            ready(player, stripe)
        crew(8).together(lambda _: run())
        assert [states(player) for player in players] == [["paid"]] * 6
        assert charged(stripe) == 6

    def test_begin_two_in_ten_minutes_between_them(self, stripe: Control, crew: Callable[[int], Crew]):
        alice = cast.player("Alice")
        ready(alice, stripe)
        workers = crew(8)
        for _ in range(4):
            workers.together(lambda _: run())
            spend(alice)
        assert (states(alice), charged(stripe)) == (["paid", "paid"], 2)

    def test_suspend_once_after_a_refusal(self, stripe: Control, crew: Callable[[int], Crew]):
        alice = cast.player("Alice")
        ready(alice, stripe, "declines")
        crew(8).together(lambda _: run())
        assert states(alice) == ["failed"]
        assert AutoTopUp.objects.get().suspended_at is not None
        assert Mail.objects.count() == 1

    def test_leave_a_customer_who_switches_off_with_one_charge_or_none(
        self, stripe: Control, crew: Callable[[int], Crew]
    ):
        alice = cast.player("Alice")
        ready(alice, stripe)

        def work(number: int) -> None:
            if number == 0:
                settings.switch_off(customer_id=alice.id, now=timezone.now())
            run()

        crew(6).together(work)
        assert states(alice) in ([], ["paid"])
        assert charged(stripe) == len(states(alice))
        assert alice.wallet().balance_nanos == USD + 20 * USD * len(states(alice))
