"""Holds of limited keys: refused by the tighter of wallet and limit, clamped to it, given back to both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import Refused
from billing.models import Hold, KeySpend
from billing.services.holds import end, extend
from billing.services.holds.requests import HoldAnswer
from catalog.models import LanguageModel
from catalog.rating import Bounds
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player

pytestmark = pytest.mark.django_db
LIMIT = 10_000


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice(model: LanguageModel) -> Player:
    """Credit for many tokens, and a key that may spend 10,000 of them."""
    alice = cast.player("Alice", 10 * USD)
    cast.limit(alice, LIMIT * OUTPUT_TOKEN, "total")
    return alice


def refused(who: Player, **changes: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        cast.hold(who, **changes)
    return caught.value


def longer(held: HoldAnswer, out: int) -> HoldAnswer:
    return extend.hold(
        request_id=held.request_id,
        gateway_id=cast.gateway().id,
        bounds=Bounds(0, out),
        expires_at=timezone.now() + timedelta(hours=1),
        now=timezone.now(),
    )


def held() -> int:
    """Output tokens that count as held."""
    return KeySpend.objects.get().held_nanos // OUTPUT_TOKEN


class TestPlace:
    def test_takes_the_last_nano_of_the_limit(self, alice: Player):
        answer = cast.hold(alice, out=LIMIT)
        assert answer.available_nanos == 10 * USD - LIMIT * OUTPUT_TOKEN
        assert held() == LIMIT

    def test_is_refused_by_the_limit_and_says_what_is_left_of_it(self, alice: Player):
        cast.hold(alice, out=6000)
        request_id = uuid7()

        for _ in range(2):
            error = refused(alice, request_id=request_id, tokens_in=10, out=4000)
            assert (error.code, error.http_status) == ("key_limit_reached", 402)
            assert error.extra == {
                "limit_source": "key",
                "required_nanos": 10 * 1059 + 4000 * OUTPUT_TOKEN,
                "available_nanos": 4000 * OUTPUT_TOKEN,
                "affordable_output": 3998,
            }

        stored = Hold.objects.get(request_id=request_id)
        assert (stored.refusal, stored.key_period_start) == ("key_limit_reached", None)
        assert held() == 6000

    def test_says_when_the_period_turns(self, alice: Player):
        now = timezone.now()
        cast.limit(alice, LIMIT * OUTPUT_TOKEN, "day", now=now)
        request_id = uuid7()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

        for _ in range(2):
            error = refused(alice, request_id=request_id, out=LIMIT + 1, now=now)
            assert error.extra["resumes_at"] == midnight

    def test_is_refused_by_the_tighter_of_wallet_and_limit(self, alice: Player):
        bob = cast.player("Bob", (LIMIT - 1) * OUTPUT_TOKEN)
        cast.limit(bob, LIMIT * OUTPUT_TOKEN)
        error = refused(bob, out=LIMIT + 1)
        assert (error.code, error.extra["limit_source"]) == ("insufficient_credit", "wallet")
        assert error.extra["affordable_output"] == LIMIT - 1

        cast.fund(bob.id, OUTPUT_TOKEN)
        error = refused(bob, out=LIMIT + 1)
        assert (error.code, error.extra["affordable_output"]) == ("key_limit_reached", LIMIT)

    def test_is_refused_by_a_wallet_that_is_cut_off_before_the_limit(self):
        dora = cast.player("Dora")
        cast.limit(dora, 0)
        assert refused(dora).code == "cut_off"

    def test_is_refused_once_the_limit_is_reached_though_it_costs_nothing(self, alice: Player):
        cast.limit(alice, 0)
        error = refused(alice, out=0)
        assert (error.code, error.extra["available_nanos"]) == ("key_limit_reached", 0)
        assert "resumes_at" not in error.extra

    def test_is_refused_by_the_wallet_below_a_bigger_limit(self, alice: Player):
        bob = cast.player("Bob", LIMIT * OUTPUT_TOKEN)
        cast.limit(bob, 100 * USD)
        assert refused(bob, out=LIMIT + 1).code == "insufficient_credit"


class TestClamp:
    def test_places_with_what_the_limit_still_buys(self, alice: Player):
        cast.hold(alice, out=9000)
        answer = cast.hold(alice, out=5000, min_output=1)
        assert (answer.max_output, held()) == (1000, LIMIT)

    def test_places_with_what_the_wallet_still_buys(self):
        bob = cast.player("Bob", 3000 * OUTPUT_TOKEN)
        cast.limit(bob, LIMIT * OUTPUT_TOKEN)
        assert cast.hold(bob, out=5000, min_output=1).max_output == 3000

    def test_refuses_below_the_least_that_is_wanted(self, alice: Player):
        cast.hold(alice, out=9000)
        error = refused(alice, out=5000, min_output=1001)
        assert (error.code, error.extra["affordable_output"]) == ("key_limit_reached", 1000)

    def test_of_a_customer_that_is_cut_off_needs_all_that_was_asked_for_in_a_new_period_too(self):
        dora = cast.player("Dora", 100 * OUTPUT_TOKEN)
        cast.limit(dora, LIMIT * OUTPUT_TOKEN, "day")
        tomorrow = timezone.now() + timedelta(days=1)

        error = refused(dora, request_id=cast.id_at(tomorrow), out=500, min_output=1, now=tomorrow)
        assert (error.code, error.extra["required_nanos"]) == ("cut_off", 500 * OUTPUT_TOKEN)

    def test_gives_nothing_of_a_limit_that_is_reached(self, alice: Player):
        cast.limit(alice, 100 * OUTPUT_TOKEN)
        assert refused(alice, out=5000, min_output=1).extra["affordable_output"] == 0


class TestExtend:
    def test_counts_what_it_adds_and_gives_back(self, alice: Player):
        answer = cast.hold(alice, out=1000)
        longer(answer, LIMIT)
        assert held() == LIMIT
        longer(answer, 500)
        assert held() == 500

    def test_is_refused_by_the_limit_and_stays_as_it_was(self, alice: Player):
        cast.hold(alice, out=6000)
        answer = cast.hold(alice, out=1000)

        with pytest.raises(Refused) as caught:
            longer(answer, 4001)

        assert caught.value.code == "key_limit_reached"
        assert caught.value.extra["available_nanos"] == 4000 * OUTPUT_TOKEN
        assert (held(), alice.wallet().held_nanos) == (7000, 7000 * OUTPUT_TOKEN)

    def test_of_the_time_alone_needs_nothing_of_the_limit(self, alice: Player):
        answer = cast.hold(alice, out=LIMIT)
        assert longer(answer, LIMIT).state == "open"


class TestEnd:
    def test_by_release_and_expiry_gives_back(self, alice: Player):
        cast.release(cast.hold(alice, out=4000))
        assert held() == 0

        cast.hold(alice, out=4000)
        end.expire(now=timezone.now() + timedelta(hours=1))
        assert held() == 0

    def test_by_usage_gives_back_and_counts_what_was_charged(self, alice: Player):
        answer = cast.hold(alice, out=4000)
        other = cast.hold(replace(alice), out=100)
        cast.send(cast.report(alice, answer.request_id, output=1000))
        cast.settle()

        assert (held(), KeySpend.objects.get().spent_nanos) == (100, 1000 * OUTPUT_TOKEN)
        cast.release(other)
        assert cast.hold(alice, out=9000).state == "open"
