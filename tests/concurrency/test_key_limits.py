"""Holds that race for a key's limit: never more is set aside than it allows, whatever changes meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import Hold, KeySpend
from billing.services import key_limits, keys
from billing.services.holds.requests import HoldAnswer
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player
from tests.concurrency.crew import Crew
from tests.concurrency.test_holds import give_back, next_round, outcome, race

Hire = Callable[[int], Crew]
LIMIT = 10_000 * OUTPUT_TOKEN


def counter() -> KeySpend:
    return KeySpend.objects.get()


def limited(amount: int = LIMIT, period: str = "month") -> Player:
    alice = cast.player("Alice", 100 * USD)
    cast.limit(alice, amount, period)
    return alice


class TestFiftyHolds:
    def test_on_a_limit_for_ten_leave_exactly_ten_open_in_each_of_60_rounds(self, crew: Hire):
        alice = limited()
        base = cast.hold_request(alice, out=1000)
        threads = crew(25)

        for _ in range(60):
            requests = [replace(base, request_id=uuid7()) for _ in range(50)]
            placed, refused = race(threads, requests)

            assert (len(placed), refused) == (10, {"key_limit_reached": 40})
            assert counter().held_nanos == LIMIT == alice.wallet().held_nanos
            next_round(threads, requests, placed)
            assert counter().held_nanos == 0 == alice.wallet().held_nanos

    def test_of_a_key_and_its_successor_share_the_limit(self, crew: Hire):
        alice = limited()
        successor = keys.rotate(
            customer=alice.customer,
            api_key_id=alice.api_key_id,
            overlap=timedelta(days=1),
            now=timezone.now(),
        )
        both = (alice, replace(alice, secret=successor.secret, api_key_id=successor.key.id))
        threads = crew(25)

        for _ in range(20):
            requests = [cast.hold_request(both[number % 2], out=1000) for number in range(50)]
            placed, refused = race(threads, requests)

            assert (len(placed), refused) == (10, {"key_limit_reached": 40})
            next_round(threads, requests, placed)
        assert counter().held_nanos == 0

    def test_at_the_turn_of_the_period_take_the_new_limit_once(self, crew: Hire):
        today = timezone.now().date()
        midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        alice = cast.player("Alice", 100 * USD)
        base = cast.hold_request(alice, out=1000)
        threads = crew(25)

        for minute in range(1, 11):
            cast.limit(alice, LIMIT, "day", now=midnight - timedelta(minutes=minute))
            assert counter().period_start < today
            requests = [replace(base, request_id=cast.id_at(midnight)) for _ in range(50)]
            placed, refused = race(threads, requests)

            assert (len(placed), refused) == (10, {"key_limit_reached": 40})
            assert (counter().period_start, counter().held_nanos) == (today, LIMIT)
            next_round(threads, requests, placed)

    def test_are_clamped_to_exactly_what_the_limit_has(self, crew: Hire):
        alice = limited(2500 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=1000, min_output=1)
        threads = crew(20)

        for _ in range(15):
            requests = [replace(base, request_id=uuid7()) for _ in range(20)]
            placed, refused = race(threads, requests)

            assert sorted(each.max_output for each in placed) == [500, 1000, 1000]
            assert refused == {"key_limit_reached": 17}
            next_round(threads, requests, placed)


class TestHoldsAndUsage:
    def test_together_never_pass_the_limit(self, crew: Hire):
        """Each thread holds, uses less and settles, until the limit is spent: all usage was held before."""
        alice = limited(50_000 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=1000)

        def work(number: int) -> None:
            for _ in range(20):
                request = replace(base, request_id=uuid7())
                if isinstance(outcome(request), HoldAnswer):
                    if number % 4:
                        cast.send(cast.report(alice, request.request_id, output=900))
                        cast.settle()
                    else:
                        give_back(request)

        crew(12).together(work)
        cast.settle()

        assert counter().held_nanos == 0
        assert 49_000 * OUTPUT_TOKEN < counter().spent_nanos <= 50_000 * OUTPUT_TOKEN


def spend(alice: Player) -> None:
    cast.settle()


def set_first(alice: Player) -> None:
    cast.limit(alice, LIMIT)


def lower(alice: Player) -> None:
    cast.limit(alice, LIMIT // 2)


def to_days(alice: Player) -> None:
    cast.limit(alice, LIMIT // 2, "day")


class TestHoldThatWaited:
    """The hold's statement began before the change was committed: its snapshot does not show the change."""

    @pytest.mark.parametrize("min_output", [None, 10_000])
    @pytest.mark.parametrize("change", [spend, set_first, lower, to_days])
    def test_is_refused_by_what_it_waited_for(
        self, crew: Hire, change: Callable[[Player], None], min_output: int | None
    ):
        alice = cast.player("Alice", 100 * USD) if change is set_first else limited(LIMIT)
        if change is set_first:
            cast.hold(alice, out=1)
        else:
            cast.send(cast.report(alice, output=1))
        request = cast.hold_request(alice, out=10_000, min_output=min_output)
        threads = crew(1)

        with transaction.atomic():
            change(alice)
            waiting = threads.begin(lambda: outcome(request))

        assert waiting.result(timeout=10) == "key_limit_reached"
        assert Hold.objects.get(request_id=request.request_id).state == "refused"
        cast.settle()

    @pytest.mark.parametrize("min_output", [None, 10_000])
    def test_is_refused_by_what_was_spent_meanwhile_of_a_limit_that_is_known(
        self, crew: Hire, min_output: int | None
    ):
        """A process that knows the limit tries the statement first that locks its counter."""
        alice = limited(LIMIT)
        cast.release(cast.hold(alice, out=1))
        cast.send(cast.report(alice, output=1))
        request = cast.hold_request(alice, out=10_000, min_output=min_output)

        with transaction.atomic():
            cast.settle()
            waiting = crew(1).begin(lambda: outcome(request))

        assert waiting.result(timeout=10) == "key_limit_reached"
        assert counter().spent_nanos == OUTPUT_TOKEN

    def test_is_placed_within_a_limit_that_was_raised(self, crew: Hire):
        alice = limited(LIMIT)
        cast.hold(alice, out=10_000)
        request = cast.hold_request(alice, out=10_000)

        with transaction.atomic():
            cast.limit(alice, 2 * LIMIT)
            waiting = crew(1).begin(lambda: outcome(request))

        assert isinstance(waiting.result(timeout=10), HoldAnswer)
        assert counter().held_nanos == 2 * LIMIT

    def test_is_placed_where_the_limit_was_cleared(self, crew: Hire):
        alice = limited(0)
        request = cast.hold_request(alice, out=10_000)

        with transaction.atomic():
            key_limits.clear_limit(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
            waiting = crew(1).begin(lambda: outcome(request))

        assert isinstance(waiting.result(timeout=10), HoldAnswer)
        assert Hold.objects.get().key_period_start is None
