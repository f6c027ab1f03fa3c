"""Price versions: announced ahead, complete, and unchangeable for the application."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from catalog.errors import PriceRefused, UnknownModel
from catalog.models import PriceVersion, Rate
from catalog.price_sets import MAX_PICOS, MeterPrice, PriceSet
from catalog.services import price_versions
from tests.catalog.cast import CHANGES, EARLIER, price_set, sonnet

pytestmark = pytest.mark.django_db

TWO_MINUTES = timedelta(minutes=2)


class TestPublish:
    def test_lets_a_first_version_take_effect_at_once(self):
        now = timezone.now()
        version = price_versions.publish(model_id=sonnet().id, price_set=price_set(), now=now)
        assert version.effective_at == now
        assert set(version.rates.values_list("meter", "price_picos")) == {
            ("input", 1_059_000),
            ("output", 5_295_000),
        }

    def test_announces_a_later_version_five_minutes_ahead(self):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.id, price_set=price_set(), now=EARLIER)
        version = price_versions.publish(model_id=model.id, price_set=price_set(2), now=now)
        assert version.effective_at == now + timedelta(minutes=5)

    def test_refuses_a_later_version_at_shorter_notice(self):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.id, price_set=price_set(), now=EARLIER)
        with pytest.raises(PriceRefused, match="at the earliest"):
            price_versions.publish(
                model_id=model.id, price_set=price_set(2), now=now, effective_at=now + TWO_MINUTES
            )

    def test_lets_a_first_version_reach_back_as_far_as_usage_is_accepted(self):
        now = timezone.now()
        moment = now - timedelta(days=35)
        version = price_versions.publish(
            model_id=sonnet().id, price_set=price_set(), now=now, effective_at=moment
        )
        assert version.effective_at == moment

    def test_refuses_a_first_version_that_reaches_back_further(self):
        now = timezone.now()
        with pytest.raises(PriceRefused, match="at the earliest"):
            price_versions.publish(
                model_id=sonnet().id, price_set=price_set(), now=now, effective_at=now - timedelta(days=36)
            )

    def test_refuses_a_second_price_for_one_moment(self):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.id, price_set=price_set(), now=EARLIER)
        price_versions.publish(model_id=model.id, price_set=price_set(2), now=now)
        with pytest.raises(PriceRefused, match="already"):
            price_versions.publish(model_id=model.id, price_set=price_set(3), now=now)

    def test_refuses_a_model_that_does_not_exist(self):
        with pytest.raises(UnknownModel):
            price_versions.publish(model_id=0, price_set=price_set(), now=EARLIER)

    @pytest.mark.parametrize(
        ("prices", "reason"),
        [
            ([MeterPrice("input", 1)], "no price for output"),
            ([], "no price for input and output"),
            ([MeterPrice("input", 0), MeterPrice("output", 1)], "input costs 0"),
            ([MeterPrice("input", MAX_PICOS + 1), MeterPrice("output", 1)], "out of range"),
            ([MeterPrice("input", 1), MeterPrice("output", 1), MeterPrice("batch", 1)], "not a meter"),
            ([MeterPrice("input", 1), MeterPrice("output", 1), MeterPrice("input", 2)], "priced twice"),
            ([MeterPrice("input", 3, 2), MeterPrice("output", 1)], "above the provider's own"),
        ],
    )
    def test_refuses_an_impossible_price_set(self, prices: list[MeterPrice], reason: str):
        with pytest.raises(PriceRefused, match=reason):
            price_versions.publish(
                model_id=sonnet().id, price_set=PriceSet(tuple(prices), source="a test"), now=EARLIER
            )
        assert not PriceVersion.objects.exists()


class TestDatabase:
    """What raw SQL cannot do either, whatever the services allow."""

    @pytest.mark.parametrize("change", CHANGES)
    def test_lets_the_application_change_nothing(self, change: str):
        price_versions.publish(model_id=sonnet().id, price_set=price_set(), now=EARLIER)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(change)

    @pytest.mark.parametrize(
        "rates",
        [
            {"meter": "input", "price_picos": 0},
            {"meter": "input", "price_picos": -1},
            {"meter": "input", "price_picos": MAX_PICOS + 1},
            {"meter": "batch", "price_picos": 1},
            {"meter": "cache_read", "price_picos": 1, "official_picos": 0},
        ],
    )
    def test_refuses_a_free_negative_or_unknown_rate(self, rates: dict[str, int | str]):
        version = PriceVersion.objects.create(model=sonnet(), effective_at=EARLIER, created_at=EARLIER)
        for meter in ("input", "output"):
            if meter != rates["meter"]:
                Rate.objects.create(price_version=version, meter=meter, price_picos=1)
        with pytest.raises(IntegrityError, match="rate_"), transaction.atomic():
            Rate.objects.create(price_version=version, **rates)
        if rates["meter"] == "input":
            Rate.objects.create(price_version=version, meter="input", price_picos=1)

    @pytest.mark.parametrize("minutes", [-5, 0, 4])
    def test_refuses_a_later_version_at_shorter_notice(self, minutes: int):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.id, price_set=price_set(), now=EARLIER)
        with pytest.raises(IntegrityError, match="less than 5 minutes ahead"), transaction.atomic():
            PriceVersion.objects.create(
                model=model, effective_at=now + timedelta(minutes=minutes), created_at=now
            )

    def test_refuses_a_later_version_that_claims_to_be_old(self):
        model, now = sonnet(), timezone.now()
        price_versions.publish(model_id=model.id, price_set=price_set(), now=EARLIER)
        with pytest.raises(IntegrityError, match="is not now"), transaction.atomic():
            PriceVersion.objects.create(model=model, effective_at=now, created_at=now - timedelta(minutes=6))

    @pytest.mark.parametrize("meters", [[], ["input"], ["output", "cache_read"]])
    def test_refuses_to_commit_a_version_without_input_and_output(self, meters: list[str]):
        version = PriceVersion.objects.create(model=sonnet(), effective_at=EARLIER, created_at=EARLIER)
        for meter in meters:
            Rate.objects.create(price_version=version, meter=meter, price_picos=1)
        with pytest.raises(IntegrityError, match="input and output need a price"), transaction.atomic():
            connection.check_constraints()
        Rate.objects.bulk_create(
            Rate(price_version=version, meter=meter, price_picos=1)
            for meter in {"input", "output"}.difference(meters)
        )
