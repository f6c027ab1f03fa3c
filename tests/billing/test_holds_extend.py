"""Extending holds: absolute and idempotent, at the pinned price, and never halfway."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey
from billing.errors import NotFound, Refused, RequestConflict, Unacceptable
from billing.models import Hold
from billing.services import customers, keys
from billing.services.holds import end, extend
from billing.services.holds.requests import HoldAnswer
from catalog import prices
from catalog.models import LanguageModel
from catalog.price_sets import MeterPrice, PriceSet
from catalog.rating import Bounds
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1000 * OUTPUT_TOKEN)


@pytest.fixture
def held(alice: cast.Player) -> HoldAnswer:
    return cast.hold(alice, out=400)


def to(
    held: HoldAnswer, out: int, *, now: datetime | None = None, seconds: int = 600, **bounds: Any
) -> HoldAnswer:
    now = now or timezone.now()
    return extend.hold(
        request_id=held.request_id,
        gateway_id=cast.gateway().id,
        bounds=Bounds(bounds.get("tokens_in", 0), out, bounds.get("searches", 0)),
        expires_at=now + timedelta(seconds=seconds),
        now=now,
    )


def snapshot() -> object:
    return Hold.objects.values().get()


class TestExtend:
    def test_sets_bounds_and_expiry(self, alice: cast.Player, held: HoldAnswer):
        now = timezone.now()

        longer = to(held, 1000, now=now, seconds=3600)

        assert (longer.state, longer.amount_nanos, longer.bounds) == (
            "open",
            1000 * OUTPUT_TOKEN,
            Bounds(0, 1000),
        )
        assert (longer.expires_at, longer.available_nanos) == (now + timedelta(hours=1), 0)
        assert longer.price_version_id == held.price_version_id
        stored = Hold.objects.get()
        assert (stored.amount_nanos, stored.bound_output, stored.expires_at) == (
            1000 * OUTPUT_TOKEN,
            1000,
            longer.expires_at,
        )
        assert alice.wallet().held_nanos == 1000 * OUTPUT_TOKEN

    def test_again_changes_nothing(self, alice: cast.Player, held: HoldAnswer):
        now = timezone.now()
        first = to(held, 700, now=now)
        before = snapshot()

        assert to(held, 700, now=now) == first
        assert snapshot() == before
        assert alice.wallet().held_nanos == 700 * OUTPUT_TOKEN

    def test_to_less_gives_credit_back(self, alice: cast.Player, held: HoldAnswer):
        assert to(held, 100).available_nanos == 900 * OUTPUT_TOKEN
        assert alice.wallet().held_nanos == 100 * OUTPUT_TOKEN

    def test_to_less_pays_a_debt_first(self, alice: cast.Player, held: HoldAnswer):
        cast.send(cast.report(alice, output=700))
        cast.settle()
        assert alice.wallet().debt_nanos == 100 * OUTPUT_TOKEN

        to(held, 250)

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (
            300 * OUTPUT_TOKEN,
            250 * OUTPUT_TOKEN,
            0,
        )

    def test_does_not_change_the_price_it_was_placed_at(
        self, alice: cast.Player, held: HoldAnswer, model: LanguageModel
    ):
        prices_now = PriceSet((MeterPrice("input", 1), MeterPrice("output", 2)), source="test")
        now = timezone.now()
        price_versions.publish(model_id=model.id, price_set=prices_now, now=now)
        prices.forget()

        later = now + timedelta(minutes=10)
        assert to(held, 500, now=later).amount_nanos == 500 * OUTPUT_TOKEN

    def test_keeps_a_hold_alive_that_was_about_to_lapse(self, alice: cast.Player, held: HoldAnswer):
        to(held, 400, now=held.expires_at)
        assert end.expire(now=held.expires_at) == 0


class TestGrowth:
    def test_beyond_credit_is_refused_and_leaves_the_hold_as_it_was(
        self, alice: cast.Player, held: HoldAnswer
    ):
        before = snapshot()

        with pytest.raises(Refused) as refused:
            to(held, 1001)

        assert refused.value.code == "insufficient_credit"
        assert refused.value.extra["affordable_output"] == 1000
        assert refused.value.extra["available_nanos"] == 1000 * OUTPUT_TOKEN
        assert snapshot() == before
        assert alice.wallet().held_nanos == 400 * OUTPUT_TOKEN

    @pytest.mark.parametrize("code", ["customer_frozen", "customer_closed", "key_revoked", "key_expired"])
    def test_is_refused_where_a_new_hold_would_be(self, alice: cast.Player, held: HoldAnswer, code: str):
        now = timezone.now()
        if code == "customer_frozen":
            customers.freeze(customer_id=alice.id, reason="test", now=now)
        elif code == "customer_closed":
            customers.close(customer_id=alice.id, reason="test", now=now)
        elif code == "key_revoked":
            keys.revoke(customer=alice.customer, api_key_id=alice.api_key_id, now=now)
        else:
            ApiKey.objects.update(created_at=cast.LONG_AGO, expires_at=now)
        before = snapshot()

        with pytest.raises(Refused) as refused:
            to(held, 401)
        assert refused.value.code == code
        assert snapshot() == before
        assert to(held, 400, seconds=700).state == "open"
        assert to(held, 10).state == "open"


class TestRefusal:
    def test_of_another_gateway_does_not_tell_that_the_hold_exists(self, held: HoldAnswer):
        with pytest.raises(NotFound):
            extend.hold(
                request_id=held.request_id,
                gateway_id=cast.gateway("gateway-2").id,
                bounds=Bounds(0, 1),
                expires_at=timezone.now() + timedelta(seconds=60),
                now=timezone.now(),
            )

    def test_of_an_id_that_nobody_holds(self, held: HoldAnswer):
        with pytest.raises(NotFound):
            extend.hold(
                request_id=uuid7(),
                gateway_id=cast.gateway().id,
                bounds=Bounds(0, 1),
                expires_at=timezone.now() + timedelta(seconds=60),
                now=timezone.now(),
            )

    def test_of_a_hold_that_was_refused(self, alice: cast.Player):
        request_id = uuid7()
        with pytest.raises(Refused):
            cast.hold(alice, request_id=request_id, out=1001)
        with pytest.raises(NotFound):
            extend.hold(
                request_id=request_id,
                gateway_id=cast.gateway().id,
                bounds=Bounds(0, 1),
                expires_at=timezone.now() + timedelta(seconds=60),
                now=timezone.now(),
            )

    @pytest.mark.parametrize("state", ["settled", "released", "expired"])
    def test_of_a_hold_that_ended(self, alice: cast.Player, held: HoldAnswer, state: str):
        if state == "settled":
            cast.send(cast.report(alice, held.request_id, output=1))
            cast.settle()
        elif state == "released":
            cast.release(held)
        else:
            end.expire(now=held.expires_at)

        with pytest.raises(RequestConflict) as conflict:
            to(held, 10)
        assert conflict.value.extra["state"] == state
        assert alice.wallet().held_nanos == 0

    @pytest.mark.parametrize("seconds", [0, -1, 24 * 3600 + 1])
    def test_of_an_expiry_outside_the_next_day(self, held: HoldAnswer, seconds: int):
        with pytest.raises(Unacceptable) as refused:
            to(held, 400, seconds=seconds)
        assert refused.value.extra["field"] == "expires_at"

    def test_of_more_than_a_day_in_all(self, alice: cast.Player):
        placed_at = timezone.now()
        held = cast.hold(alice, now=placed_at, out=400, ttl_s=24 * 3600)
        later = placed_at + timedelta(hours=23)
        before = snapshot()

        with pytest.raises(Unacceptable) as refused:
            to(held, 400, now=later, seconds=3601)

        assert refused.value.extra["field"] == "expires_at"
        assert refused.value.extra["latest"] == held.expires_at.isoformat()
        assert snapshot() == before
        assert to(held, 400, now=later, seconds=3600).expires_at == held.expires_at

    @pytest.mark.parametrize(
        ("bounds", "code"),
        [
            ({"out": 128_001}, "bounds_too_large"),
            ({"out": 1, "tokens_in": 1_000_001}, "bounds_too_large"),
            ({"out": 1, "searches": 1}, "meter_not_priced"),
        ],
    )
    def test_of_bounds_that_the_model_does_not_have(
        self, held: HoldAnswer, bounds: dict[str, Any], code: str
    ):
        with pytest.raises(Unacceptable) as refused:
            to(held, **bounds)
        assert refused.value.code == code
