"""Placing holds: what they set aside, what they refuse, and the same answer for the same id for life."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey
from billing.errors import Refused, RequestConflict, Unacceptable, UnknownKey, UnknownModel
from billing.models import Hold
from billing.services import customers, keys
from billing.services.holds import end, place
from catalog import prices
from catalog.models import LanguageModel, Provider
from catalog.rating import Bounds
from tests import cast
from tests.cast import MODEL, OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db
INPUT_TOKEN = 1_059


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


def refused(who: cast.Player, **changes: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        cast.hold(who, **changes)
    return caught.value


class TestPlace:
    def test_sets_the_dearest_use_of_the_bounds_aside(self):
        alice = cast.player("Alice", USD)
        now = timezone.now()

        held = cast.hold(alice, now=now, tokens_in=374, out=256, ttl_s=120)

        amount = 374 * INPUT_TOKEN + 256 * OUTPUT_TOKEN
        assert (held.state, held.amount_nanos, held.bounds) == ("open", amount, Bounds(374, 256))
        assert (held.available_nanos, held.max_output) == (USD - amount, 256)
        assert held.expires_at == now + timedelta(seconds=120)
        assert not held.is_replay
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (USD, amount)
        stored = Hold.objects.get()
        assert (stored.state, stored.refusal, stored.amount_nanos) == ("open", None, amount)
        assert (stored.placed_at, stored.expires_at, stored.ended_at) == (now, held.expires_at, None)
        assert (stored.api_key_id, stored.gateway_id) == (alice.api_key_id, cast.gateway().id)

    def test_covers_cache_writes_and_searches(self):
        cast.model("searcher", cache_write_1h=2_000_000, web_search=10_000_000_000)
        alice = cast.player("Alice", USD)

        held = cast.hold(alice, model="searcher", tokens_in=100, out=10, searches=2)
        assert held.amount_nanos == (100 + 2 * 10_000) * 2_000 + 10 * OUTPUT_TOKEN + 2 * 10_000_000

    def test_takes_the_last_nano(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        assert cast.hold(alice, out=1000).available_nanos == 0

    def test_is_free_for_a_request_that_costs_nothing(self):
        alice = cast.player("Alice", USD)
        assert cast.hold(alice, tokens_in=0, out=0).amount_nanos == 0

    def test_leaves_other_customers_alone(self):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        request_id = uuid7()

        cast.hold(alice, request_id=request_id)
        cast.hold(charlie, request_id=request_id, out=10)

        assert charlie.wallet().held_nanos == 10 * OUTPUT_TOKEN


def exhaust(who: cast.Player) -> None:
    cast.hold(who, out=500)


def cut_off(who: cast.Player) -> None:
    cast.send(cast.report(who, output=999))
    cast.settle()


def revoke(who: cast.Player) -> None:
    keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=timezone.now())


def expire(who: cast.Player) -> None:
    ApiKey.objects.filter(id=who.api_key_id).update(created_at=cast.LONG_AGO, expires_at=timezone.now())


def restrict(who: cast.Player) -> None:
    cast.model("another-model")
    keys.restrict(
        customer=who.customer,
        api_key_id=who.api_key_id,
        allowed_models=["another-model"],
        now=timezone.now(),
    )


def freeze(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="fraud warning", now=timezone.now())


def close(who: cast.Player) -> None:
    customers.close(customer_id=who.id, reason="left", now=timezone.now())


REFUSALS = {
    "insufficient_credit": (402, exhaust),
    "cut_off": (402, cut_off),
    "key_revoked": (403, revoke),
    "key_expired": (403, expire),
    "model_not_allowed": (403, restrict),
    "customer_frozen": (403, freeze),
    "customer_closed": (403, close),
}


class TestRefusal:
    @pytest.mark.parametrize(("code", "status", "cause"), [(c, s, f) for c, (s, f) in REFUSALS.items()])
    def test_names_its_cause_and_stays(self, code, status, cause):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        cause(alice)
        held = alice.wallet().held_nanos
        request_id = uuid7()

        for _ in range(2):
            error = refused(alice, request_id=request_id, out=600)
            assert (error.code, error.http_status) == (code, status)

        assert alice.wallet().held_nanos == held
        stored = Hold.objects.get(request_id=request_id)
        assert (stored.state, stored.refusal) == ("refused", code)

    def test_tells_what_credit_still_buys(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        cast.hold(alice, out=400)

        error = refused(alice, tokens_in=10, out=700)

        assert error.extra == {
            "limit_source": "wallet",
            "required_nanos": 10 * INPUT_TOKEN + 700 * OUTPUT_TOKEN,
            "available_nanos": 600 * OUTPUT_TOKEN,
            "affordable_output": 598,
        }
        refused(alice, tokens_in=10, out=599)
        assert cast.hold(alice, tokens_in=10, out=598).available_nanos == 0

    def test_of_input_that_does_not_fit_buys_no_output(self):
        alice = cast.player("Alice", 200 * OUTPUT_TOKEN)
        assert refused(alice, tokens_in=10_000, out=1).extra["affordable_output"] == 0

    def test_says_that_a_customer_is_cut_off_before_it_counts_tokens(self):
        dora = cast.player("Dora", 100 * OUTPUT_TOKEN)
        error = refused(dora, out=50)
        assert (error.code, error.extra["affordable_output"]) == ("cut_off", 0)

    def test_with_403_tells_nothing_about_credit(self):
        alice = cast.player("Alice", USD)
        freeze(alice)
        assert refused(alice).extra == {}

    def test_stays_refused_for_its_id_after_a_top_up(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        request_id = uuid7()
        first = refused(dora, request_id=request_id, out=1500)

        cast.fund(dora.id, USD)

        again = refused(dora, request_id=request_id, out=1500)
        assert (again.code, again.extra) == (first.code, first.extra)
        assert dora.wallet().held_nanos == 0
        assert cast.hold(dora, out=1500).state == "open"

    def test_is_forgotten_after_a_day(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        request_id = uuid7()
        refused(dora, request_id=request_id, out=1500)
        open_hold = cast.hold(dora, out=10)

        assert end.forget_refused(before=timezone.now() - timedelta(hours=24)) == 0
        assert end.forget_refused(before=timezone.now()) == 1
        assert Hold.objects.get().request_id == open_hold.request_id

    def test_outlives_the_moment_that_its_key_works_again(self):
        alice = cast.player("Alice", USD)
        freeze(alice)
        request_id = uuid7()
        refused(alice, request_id=request_id)

        customers.unfreeze(customer_id=alice.id, reason="cleared", now=timezone.now())
        assert refused(alice, request_id=request_id).code == "customer_frozen"


class TestReplay:
    def test_gets_the_stored_answer_and_holds_nothing_more(self):
        alice = cast.player("Alice", USD)
        request = cast.hold_request(alice, out=100)
        now = timezone.now()
        first = place.hold(request, now=now)

        again = place.hold(request, now=now + timedelta(seconds=30))

        assert again == replace(first, is_replay=True)
        assert alice.wallet().held_nanos == 100 * OUTPUT_TOKEN

    @pytest.mark.parametrize("state", ["settled", "released", "expired"])
    def test_tells_how_the_hold_ended(self, state):
        alice = cast.player("Alice", USD)
        request = cast.hold_request(alice, out=100)
        held = place.hold(request, now=timezone.now())
        if state == "settled":
            cast.send(cast.report(alice, held.request_id, output=1))
            cast.settle()
        elif state == "released":
            cast.release(held)
        else:
            end.expire(now=held.expires_at)

        assert place.hold(request, now=timezone.now()).state == state
        assert alice.wallet().held_nanos == 0

    @pytest.mark.parametrize(
        "changes",
        [{"out": 101}, {"tokens_in": 1}, {"ttl_s": 901}, {"min_output": 1}, {"searches": 1}],
    )
    def test_of_other_content_is_a_conflict(self, changes):
        cast.model("searcher", web_search=10_000_000_000)
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, model="searcher", out=100)

        with pytest.raises(RequestConflict):
            cast.hold(alice, model="searcher", request_id=held.request_id, **{"out": 100, **changes})
        assert alice.wallet().held_nanos == held.amount_nanos

    def test_gets_the_stored_outcome_when_the_model_is_not_for_sale_any_more(self):
        alice = cast.player("Alice", USD)
        request = cast.hold_request(alice)
        held = place.hold(request, now=timezone.now())
        LanguageModel.objects.update(is_active=False)
        prices.forget()

        again = place.hold(request, now=timezone.now())
        assert (again.is_replay, again.state, again.amount_nanos) == (True, "open", held.amount_nanos)
        with pytest.raises(UnknownModel):
            cast.hold(alice)

    def test_by_another_gateway_is_a_conflict(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice)

        with pytest.raises(RequestConflict):
            cast.hold(alice, request_id=held.request_id, gateway_name="gateway-2")

    def test_for_another_model_or_key_is_a_conflict(self):
        cast.model("another-model")
        alice = cast.player("Alice", USD)
        held = cast.hold(alice)
        second = keys.create(customer=alice.customer, name="Second", now=timezone.now())
        bob = cast.Player(alice.customer, second.secret, second.key.id)

        with pytest.raises(RequestConflict):
            cast.hold(alice, model="another-model", request_id=held.request_id)
        with pytest.raises(RequestConflict):
            cast.hold(bob, request_id=held.request_id)

    def test_of_a_refused_id_with_other_content_is_a_conflict(self):
        dora = cast.player("Dora")
        request_id = uuid7()
        refused(dora, request_id=request_id, out=100)
        with pytest.raises(RequestConflict):
            cast.hold(dora, request_id=request_id, out=1)


class TestClamp:
    def test_leaves_bounds_alone_that_fit(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = cast.hold(alice, out=1000, min_output=1)
        assert (held.max_output, held.amount_nanos) == (1000, 1000 * OUTPUT_TOKEN)

    @pytest.mark.parametrize("over", [0, 1, OUTPUT_TOKEN - 1])
    def test_takes_exactly_the_affordable_output(self, over):
        alice = cast.player("Alice", 10 * INPUT_TOKEN + 700 * OUTPUT_TOKEN + over)

        held = cast.hold(alice, tokens_in=10, out=1000, min_output=1)

        assert (held.max_output, held.available_nanos) == (700, over)
        stored = Hold.objects.get()
        assert (stored.bound_output, stored.amount_nanos) == (700, alice.wallet().held_nanos)

    def test_reaches_down_to_its_least_output(self):
        alice = cast.player("Alice", 700 * OUTPUT_TOKEN)
        assert cast.hold(alice, out=1000, min_output=700).max_output == 700

    def test_below_its_least_output_is_refused_and_tells_what_credit_buys(self):
        alice = cast.player("Alice", 700 * OUTPUT_TOKEN)

        error = refused(alice, out=1000, min_output=701)

        assert error.code == "insufficient_credit"
        assert error.extra["affordable_output"] == 700
        assert error.extra["required_nanos"] == 1000 * OUTPUT_TOKEN
        assert alice.wallet().held_nanos == 0

    def test_does_not_save_input_that_does_not_fit(self):
        alice = cast.player("Alice", 300 * OUTPUT_TOKEN)
        error = refused(alice, tokens_in=300 * 5 + 1, out=1, min_output=0)
        assert (error.code, error.extra["affordable_output"]) == ("insufficient_credit", 0)

    def test_is_replayed_as_it_was_clamped(self):
        alice = cast.player("Alice", 700 * OUTPUT_TOKEN)
        request = cast.hold_request(alice, out=1000, min_output=1)
        first = place.hold(request, now=timezone.now())

        cast.fund(alice.id, USD)
        again = place.hold(request, now=timezone.now())

        assert (
            (again.max_output, again.amount_nanos)
            == (first.max_output, first.amount_nanos)
            == (
                700,
                700 * OUTPUT_TOKEN,
            )
        )

    def test_that_was_refused_is_refused_again_after_a_top_up(self):
        alice = cast.player("Alice", 700 * OUTPUT_TOKEN)
        request_id = uuid7()
        refused(alice, request_id=request_id, out=1000, min_output=701)

        cast.fund(alice.id, USD)
        error = refused(alice, request_id=request_id, out=1000, min_output=701)
        assert error.extra["affordable_output"] == 700

    @pytest.mark.parametrize(("code", "cause"), [(c, f) for c, (_, f) in REFUSALS.items()][1:])
    def test_overrides_no_other_refusal(self, code, cause):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        cause(alice)
        assert refused(alice, out=5000, min_output=0).code == code


class TestTerms:
    def test_refuse_an_unknown_key(self):
        alice = cast.player("Alice", USD)
        request = replace(cast.hold_request(alice), key_digest=b"\0" * 32)
        with pytest.raises(UnknownKey):
            place.hold(request, now=timezone.now())
        assert not Hold.objects.exists()

    @pytest.mark.parametrize("model", ["unknown", "not-priced", "not-active"])
    def test_refuse_a_model_that_is_not_for_sale(self, model):
        cast.model("not-active")
        LanguageModel.objects.filter(slug="not-active").update(is_active=False)
        LanguageModel.objects.create(
            provider=Provider.objects.get(),
            slug="not-priced",
            name="Not priced",
            description="A model without a price.",
            context_tokens=1000,
            max_output_tokens=1000,
        )
        prices.forget()
        with pytest.raises(UnknownModel):
            cast.hold(cast.player("Alice", USD), model=model)

    @pytest.mark.parametrize(
        ("bounds", "code", "field"),
        [
            ({"tokens_in": 1_000_001}, "bounds_too_large", "bounds.input"),
            ({"out": 128_001}, "bounds_too_large", "bounds.output"),
            ({"searches": 1}, "meter_not_priced", "bounds.web_search"),
        ],
    )
    def test_refuse_bounds_that_the_model_does_not_have(self, bounds, code, field):
        with pytest.raises(Unacceptable) as caught:
            cast.hold(cast.player("Alice", USD), **bounds)
        assert (caught.value.code, caught.value.extra["field"]) == (code, field)

    def test_refuse_bounds_that_cost_more_than_can_be_counted(self):
        cast.model("dearest", input=10**12, web_search=10**12)
        with pytest.raises(Unacceptable) as caught:
            cast.hold(cast.player("Alice", USD), model="dearest", searches=10**9)
        assert (caught.value.code, caught.value.extra["field"]) == ("bounds_too_large", "bounds.web_search")

    @pytest.mark.parametrize(
        ("skew", "code"),
        [
            (timedelta(minutes=5, seconds=1), "clock_skew"),
            (timedelta(days=-35, seconds=-1), "invalid"),
        ],
    )
    def test_refuse_an_id_from_another_time(self, skew, code):
        now = timezone.now()
        with pytest.raises(Unacceptable) as caught:
            cast.hold(cast.player("Alice", USD), now=now, request_id=cast.id_at(now + skew))
        assert caught.value.code == code

    @pytest.mark.parametrize("skew", [timedelta(minutes=5), timedelta(days=-35, seconds=1)])
    def test_accept_an_id_just_within_the_window(self, skew):
        now = timezone.now()
        held = cast.hold(cast.player("Alice", USD), now=now, request_id=cast.id_at(now + skew))
        assert held.state == "open"

    def test_name_the_models_that_a_key_may_use(self):
        alice = cast.player("Alice", USD)
        keys.restrict(
            customer=alice.customer, api_key_id=alice.api_key_id, allowed_models=[MODEL], now=timezone.now()
        )
        assert cast.hold(alice).state == "open"
