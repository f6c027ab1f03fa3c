"""The table "What usage can meet": which meters are charged, and at which price."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.errors import RequestConflict
from billing.models import Hold
from billing.services.holds import end
from catalog import prices
from catalog.models import LanguageModel, Provider
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.audit_fixture import broken
from tests.cast import OUTPUT_TOKEN, USD
from tests.usage.outcomes import ACCEPTED, answers, spent
from usage.models import Charge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


class TestMeters:
    def test_of_zero_are_charged_as_zero(self, alice: cast.Player):
        held = cast.hold(alice, out=100)
        answers(cast.report(alice, held.request_id, input=0, output=0))
        cast.settle()
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.input, charge.output, charge.cache_read) == (0, 0, 0, None)
        assert (alice.wallet().balance_nanos, alice.wallet().held_nanos) == (USD, 0)

    def test_at_the_limit_are_charged(self, alice: cast.Player):
        answers(cast.report(alice, output=1_000_000_000))
        cast.settle()
        assert spent(alice) == 1_000_000_000
        assert alice.wallet().balance_nanos == 0

    def test_without_a_price_are_listed_and_the_rest_is_charged(self, alice: cast.Player):
        answers(cast.report(alice, output=7, web_search=3, cache_read=5))
        cast.settle()
        charge = Charge.objects.get()
        assert charge.unpriced == ["web_search"]
        assert charge.amount_nanos == 7 * OUTPUT_TOKEN + 5 * 1_059
        assert charge.web_search == 3

    def test_with_a_price_are_all_charged(self, alice: cast.Player):
        cast.model("full", cache_read=1_000, cache_write_5m=2_000, cache_write_1h=3_000, web_search=4_000_000)
        counts: dict[str, Any] = {
            "input": 1,
            "output": 1,
            "cache_read": 1,
            "cache_write_5m": 1,
            "cache_write_1h": 1,
        }
        answers(cast.report(alice, model="full", **counts, web_search=1))
        cast.settle()
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.unpriced) == (1_059 + 5_295 + 1 + 2 + 3 + 4_000, None)


class TestPrice:
    def cheaper(self, model: LanguageModel) -> None:
        """From six minutes ahead on, a token costs a nano."""
        now = timezone.now()
        price_versions.publish(
            model_id=model.id,
            price_set=PriceSet((MeterPrice("input", 1_000), MeterPrice("output", 1_000)), source="test"),
            now=now,
            effective_at=now + timedelta(minutes=6),
        )
        prices.forget()

    @pytest.mark.parametrize("end_it", [None, "released", "expired"])
    def test_is_the_holds_although_a_newer_one_is_in_force(
        self, alice: cast.Player, model: LanguageModel, end_it: str | None
    ):
        held = cast.hold(alice, out=100)
        if end_it == "released":
            cast.release(held)
        elif end_it == "expired":
            end.expire(now=held.expires_at)
        self.cheaper(model)
        later = timezone.now() + timedelta(minutes=10)

        answers(cast.report(alice, held.request_id, output=10), now=later)
        cast.settle(now=later)
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.price_version_id) == (10 * OUTPUT_TOKEN, held.price_version_id)

    def test_is_the_one_in_force_at_the_requests_own_time_without_a_hold(
        self, alice: cast.Player, model: LanguageModel
    ):
        self.cheaper(model)
        now = timezone.now()
        later = now + timedelta(minutes=10)
        answers(
            cast.report(alice, cast.id_at(now), output=10),
            cast.report(alice, cast.id_at(later), output=10),
            now=later,
        )
        cast.settle(now=later)
        assert sorted(Charge.objects.values_list("amount_nanos", flat=True)) == [10, 10 * OUTPUT_TOKEN]

    def test_is_that_of_the_model_that_answered(self, alice: cast.Player):
        cast.model("dearer", output=9_000_000)
        held = cast.hold(alice, out=100)

        answers(cast.report(alice, held.request_id, model="dearer", output=10))
        cast.settle()

        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.hold_amount_nanos) == (10 * 9_000, held.amount_nanos)
        assert Hold.objects.get().state == "settled"
        assert alice.wallet().held_nanos == 0

    def test_that_a_hold_pinned_stands_for_a_request_from_before_the_first_price(self, alice: cast.Player):
        """A gateway's clock may be behind ours when a model is new."""
        model = LanguageModel.objects.create(
            provider=Provider.objects.get(),
            slug="brand-new",
            name="Brand new",
            description="A model whose first price is in force since a moment ago.",
            context_tokens=1000,
            max_output_tokens=1000,
        )
        now = timezone.now()
        price_versions.publish(
            model_id=model.id,
            price_set=PriceSet((MeterPrice("input", 1_000), MeterPrice("output", 1_000)), source="test"),
            now=now,
        )
        prices.forget()
        held = cast.hold(
            alice, now=now, model="brand-new", out=100, request_id=cast.id_at(now - timedelta(seconds=3))
        )
        assert answers(cast.report(alice, held.request_id, model="brand-new", output=10), now=now) == ACCEPTED
        cast.settle()
        assert Charge.objects.get().amount_nanos == 10

    def test_stands_where_a_hold_of_the_same_request_comes_later(
        self, alice: cast.Player, model: LanguageModel
    ):
        charged = cast.report(alice, output=100)
        answers(charged)
        cast.settle()
        self.cheaper(model)
        later = timezone.now() + timedelta(minutes=6)
        with pytest.raises(RequestConflict):
            cast.hold(alice, request_id=charged.request_id, out=100, now=later)
        assert not Hold.objects.exists()
        assert broken() == {}
