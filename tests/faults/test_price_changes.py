"""Prices that change while requests run: each pays the version that its hold has pinned."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from billing import sql
from billing.models import Hold
from billing.services.holds import place
from catalog import prices
from catalog.models import LanguageModel, PriceVersion
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import USD, Player
from tests.concurrency.crew import Crew
from tests.faults.sizes import times
from usage.models import Charge

Hire = Callable[[int], Crew]
REQUESTS = times(200)
CHANGES, EVERY = 20, timedelta(milliseconds=10)

WRONGLY_PINNED = """
    select hold.request_id
      from hold
     where price_version_id <> (select id from price_version
                                 where model_id = hold.language_model_id and effective_at <= hold.placed_at
                                 order by effective_at desc limit 1)
"""
WRONGLY_CHARGED = """
    select charge.request_id
      from charge
      join hold on hold.customer_id = charge.customer_id and hold.request_id = charge.request_id
      join rate on rate.price_version_id = hold.price_version_id and rate.meter = 'output'
     where charge.price_version_id <> hold.price_version_id
        or charge.amount_nanos <> charge.output * rate.price_picos / 1000
"""


def publish(model_id: int, count: int, first_at: datetime) -> int:
    """Announce a new price for every 10 ms, each another whole number of nanos for a token."""
    for number in range(count):
        price = PriceSet(
            (MeterPrice("input", 1_000), MeterPrice("output", 2_000 + 1_000 * number)), source="test"
        )
        now, effective_at = timezone.now(), first_at + number * EVERY
        price_versions.publish(model_id=model_id, price_set=price, now=now, effective_at=effective_at)
    return count


def trade(who: Player, first_at: datetime, count: int) -> int:
    """Hold again and again while prices change, report, and let settlement come later."""
    for number in range(count):
        now = first_at + number * CHANGES * EVERY / count
        held = place.hold(cast.hold_request(who, out=10), now=now)
        cast.send(cast.report(who, held.request_id, output=1 + number % 10))
        if number % 10 == 0:
            cast.settle(now=now)
    return 0


class TestPriceChange:
    def test_amid_requests_changes_none_that_has_a_hold(self, crew: Hire):
        """Eight gateways live at the time of the changes; meanwhile more of them are announced."""
        model = LanguageModel.objects.get()
        players = [cast.player(f"Customer-{n}", 1000 * USD) for n in range(8)]
        first_at = timezone.now() + price_versions.NOTICE + timedelta(minutes=1)
        publish(model.id, CHANGES, first_at)
        prices.forget()

        trades = [partial(trade, who, first_at, REQUESTS // 8) for who in players]
        crew(9).each([*trades, partial(publish, model.id, 20, first_at + timedelta(days=1))])
        cast.settle()

        assert PriceVersion.objects.count() == CHANGES + 21
        assert Hold.objects.values("price_version_id").distinct().count() == CHANGES
        assert Charge.objects.count() == Hold.objects.count() == 8 * (REQUESTS // 8)
        assert sql.fetch(WRONGLY_PINNED) == []
        assert sql.fetch(WRONGLY_CHARGED) == []
