"""Which price an event is rated with."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import Refused
from catalog import prices
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.models import Charge

pytestmark = pytest.mark.django_db


class TestEvent:
    @pytest.fixture
    def later(self):
        """A moment at which another price is in force than now."""
        now = timezone.now()
        dearer = PriceSet((MeterPrice("input", 1_059_000), MeterPrice("output", 9_000_000)), source="test")
        price_versions.publish(
            model_id=cast.model().id, price_set=dearer, now=now, effective_at=now + timedelta(minutes=6)
        )
        prices.forget()
        return now + timedelta(minutes=7)

    def test_is_rated_with_the_price_that_its_hold_pinned(self, later):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100, now=later)
        cast.send(cast.report(alice, held.request_id, output=10))
        cast.settle(now=later)

        assert Charge.objects.get().amount_nanos == 10 * 9_000

    def test_is_rated_at_its_own_time_where_its_hold_was_refused(self, later):
        dora, request_id = cast.player("Dora"), uuid7()
        with pytest.raises(Refused):
            cast.hold(dora, request_id=request_id, out=100, now=later)
        cast.send(cast.report(dora, request_id, output=10))
        cast.settle(now=later)

        assert Charge.objects.get().amount_nanos == 10 * OUTPUT_TOKEN
