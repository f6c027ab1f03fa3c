"""Setting, changing and clearing limits: what was spent and is held counts at once, for the whole line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.errors import UnknownKey
from accounts.models import ApiKey
from billing.errors import Refused, Unacceptable
from billing.models import Hold, KeySpend, Outbox
from billing.services import key_limits, keys
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice(model: LanguageModel) -> Player:
    return cast.player("Alice", 10 * USD)


def use(who: Player, at: datetime, output: int) -> None:
    """Usage of a request without a hold, charged."""
    cast.send(cast.report(who, cast.id_at(at), output=output), now=at)
    cast.settle(now=at)


def counter() -> KeySpend:
    return KeySpend.objects.get()


def rotated(who: Player) -> Player:
    issued = keys.rotate(
        customer=who.customer, api_key_id=who.api_key_id, overlap=timedelta(days=1), now=timezone.now()
    )
    return replace(who, secret=issued.secret, api_key_id=issued.key.id)


class TestSetLimit:
    def test_counts_what_the_period_has_seen_already(self, alice: Player):
        use(alice, NOON - timedelta(days=1), output=1000)
        use(alice, NOON, output=100)
        cast.hold(alice, out=10)

        cast.limit(alice, USD, "day", now=NOON)

        assert (counter().period_start, counter().spent_nanos) == (TODAY, 100 * OUTPUT_TOKEN)
        assert counter().held_nanos == 10 * OUTPUT_TOKEN
        assert Hold.objects.get().key_period_start == TODAY

    def test_counts_usage_of_a_gateway_whose_clock_is_ahead(self, alice: Player):
        before_midnight = NOON.replace(hour=23, minute=58)
        cast.send(
            cast.report(alice, cast.id_at(before_midnight + timedelta(minutes=4)), output=100),
            now=before_midnight,
        )
        cast.settle(now=before_midnight)

        cast.limit(alice, USD, "day", now=before_midnight)

        assert counter().period_start == TODAY + timedelta(days=1)
        assert counter().spent_nanos == 100 * OUTPUT_TOKEN

    def test_changes_amount_and_period_in_mid_period(self, alice: Player):
        use(alice, NOON - timedelta(days=1), output=1000)
        use(alice, NOON, output=100)
        cast.limit(alice, USD, "total", now=NOON)
        cast.hold(alice, out=10)
        assert (counter().spent_nanos, counter().cut_off_at) == (1100 * OUTPUT_TOKEN, None)

        cast.limit(alice, 100 * OUTPUT_TOKEN, "day", now=NOON)
        assert (counter().spent_nanos, counter().held_nanos) == (100 * OUTPUT_TOKEN, 10 * OUTPUT_TOKEN)
        assert counter().cut_off_at == NOON

        cast.limit(alice, USD, "day", now=NOON)
        assert counter().cut_off_at is None

    def test_publishes_what_the_customers_keys_may_do(self, alice: Player):
        version = alice.wallet().state_version
        cast.limit(alice, USD)
        assert alice.wallet().state_version == version + 1
        assert Outbox.objects.filter(state_version=version + 1).count() == 1

    @pytest.mark.parametrize("amount", [-1, key_limits.MOST_NANOS + 1])
    def test_refuses_an_amount_out_of_range(self, alice: Player, amount: int):
        with pytest.raises(Unacceptable) as caught:
            cast.limit(alice, amount)
        assert caught.value.extra["field"] == "limit"
        assert not KeySpend.objects.exists()

    @pytest.mark.parametrize("period", ["", "year", "Day", "total "])
    def test_refuses_an_unknown_period(self, alice: Player, period: str):
        with pytest.raises(Unacceptable) as caught:
            cast.limit(alice, USD, period)
        assert caught.value.extra["field"] == "period"

    def test_knows_no_key_of_somebody_else(self, alice: Player):
        charlie = cast.player("Charlie")
        with pytest.raises(UnknownKey):
            cast.limit(replace(charlie, api_key_id=alice.api_key_id), USD)
        assert not ApiKey.objects.filter(limit_nanos__isnull=False).exists()


class TestClearLimit:
    def test_lets_the_key_spend_what_the_wallet_has(self, alice: Player):
        cast.limit(alice, 1000 * OUTPUT_TOKEN)
        running = cast.hold(alice, out=1000)
        with pytest.raises(Refused):
            cast.hold(alice, out=10)

        key = key_limits.clear_limit(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())

        assert (key.limit_nanos, key.limit_period) == (None, None)
        assert not KeySpend.objects.exists()
        assert cast.hold(alice, out=1000).state == "open"
        cast.release(running)
        assert alice.wallet().held_nanos == 1000 * OUTPUT_TOKEN

    def test_leaves_a_key_without_a_limit_as_it_is(self, alice: Player):
        key_limits.clear_limit(customer=alice.customer, api_key_id=alice.api_key_id, now=timezone.now())
        assert cast.hold(alice, out=10).state == "open"


class TestRotation:
    def test_does_not_give_the_limit_twice(self, alice: Player):
        cast.limit(alice, 10_000 * OUTPUT_TOKEN)
        use(alice, timezone.now(), output=3000)
        cast.hold(alice, out=3000)

        successor = rotated(alice)
        cast.hold(successor, out=2000)
        use(successor, timezone.now(), output=1000)

        for key in (alice, successor):
            with pytest.raises(Refused) as caught:
                cast.hold(key, out=1001)
            assert (caught.value.code, caught.value.extra["available_nanos"]) == (
                "key_limit_reached",
                1000 * OUTPUT_TOKEN,
            )
        assert counter().api_key_id == alice.api_key_id

    def test_of_a_rotated_key_stays_in_its_line(self, alice: Player):
        third = rotated(rotated(alice))
        cast.limit(third, USD)
        assert counter().api_key_id == alice.api_key_id
        assert set(ApiKey.objects.values_list("limit_nanos", flat=True)) == {USD}

    def test_leaves_the_customers_other_keys_alone(self, alice: Player):
        other = keys.create(customer=alice.customer, name="other", now=timezone.now())
        cast.limit(alice, 0)
        second = replace(alice, secret=other.secret, api_key_id=other.key.id)
        assert cast.hold(second, out=1000).state == "open"
