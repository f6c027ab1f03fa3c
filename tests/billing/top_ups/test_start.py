"""Beginning a top-up: once for each key, with terms that stay, whatever the provider answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Customer
from billing.errors import Refused, Unacceptable
from billing.models import PaymentReference, TopUp
from billing.payments.errors import Rejected, Unavailable, Unreachable
from billing.services import customers
from billing.services.top_ups import offers, start
from tests import cast
from tests.billing.top_ups.purchases import RATE, again, begin, begin_with_alipay, bonus, rate
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


class TestStart:
    def test_opens_a_checkout_for_what_was_asked(self, stripe: StandIn):
        alice = cast.player("Alice")
        now = timezone.now()

        top_up = begin(alice, now=now)

        assert (top_up.state, top_up.currency, top_up.amount_minor) == ("open", "USD", 2000)
        assert (top_up.credit_nanos, top_up.bonus_nanos) == (20 * USD, 0)
        assert top_up.checkout_url == f"https://pay.example/{top_up.object_id}"
        assert top_up.next_check_at == now + timedelta(seconds=10)
        [order] = stripe.orders.values()
        assert (order.reference, order.amount_minor, order.currency) == (top_up.id.hex, 2000, "USD")
        assert again(top_up) == top_up
        kept = set(PaymentReference.objects.values_list("kind", "reference", "top_up_id"))
        assert kept == {("top_up", top_up.id.hex, top_up.id), ("object", top_up.object_id, top_up.id)}
        assert alice.wallet().balance_nanos == 0

    def test_of_one_key_is_one_top_up(self, stripe: StandIn):
        alice = cast.player("Alice")
        assert begin(alice) == begin(alice)
        assert (TopUp.objects.count(), stripe.started) == (1, 1)
        begin(alice, "key-2")
        assert TopUp.objects.count() == 2

    def test_of_one_key_belongs_to_its_customer(self, stripe: StandIn):
        begin(cast.player("Alice"))
        begin(cast.player("Charlie"))
        assert TopUp.objects.count() == 2

    @pytest.mark.parametrize("changes", [{"amount_minor": 3000}, {"save_card": True}])
    def test_refuses_another_request_under_the_same_key(self, stripe: StandIn, changes: dict[str, Any]):
        alice = cast.player("Alice")
        begin(alice)
        with pytest.raises(start.KeyReused) as refused:
            begin(alice, **changes)
        assert (refused.value.http_status, refused.value.code) == (409, "idempotency_key_reused")
        assert TopUp.objects.count() == 1

    def test_goes_on_with_the_same_order_after_the_provider_was_away(self, stripe: StandIn):
        alice = cast.player("Alice")
        stripe.is_away = True
        with pytest.raises(Unreachable):
            begin(alice)
        created = TopUp.objects.get()
        assert (created.state, created.object_id) == ("created", "")

        stripe.is_away = False
        assert begin(alice, now=timezone.now() + timedelta(minutes=5)).id == created.id
        assert again(created).state == "open"

    def test_goes_on_with_the_same_checkout_after_an_answer_was_lost(self, stripe: StandIn):
        alice = cast.player("Alice")
        stripe.loses_answers = True
        with pytest.raises(Unreachable):
            begin(alice)
        stripe.loses_answers = False
        top_up = begin(alice)
        assert ([top_up.object_id], stripe.started) == (list(stripe.payments), 2)

    def test_keeps_what_the_provider_rejected_as_failed(
        self, stripe: StandIn, monkeypatch: pytest.MonkeyPatch
    ):
        alice = cast.player("Alice")

        def reject(_order: object) -> None:
            raise Rejected("too small", reason="amount_too_small")

        monkeypatch.setattr(stripe, "start_checkout", reject)
        with pytest.raises(Rejected):
            begin(alice)
        top_up = TopUp.objects.get()
        assert (top_up.state, top_up.failure, top_up.next_check_at) == ("failed", "amount_too_small", None)
        assert begin(alice).state == "failed"

    @pytest.mark.parametrize("amount_minor", [-1, 0, 499, 200_001, 10**30])
    def test_refuses_amounts_beyond_its_limits(self, stripe: StandIn, amount_minor: int):
        with pytest.raises(Unacceptable) as refused:
            begin(cast.player("Alice"), amount_minor=amount_minor)
        assert (refused.value.code, refused.value.extra["field"]) == ("amount_out_of_range", "amount")
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\nb"])
    def test_refuses_keys_that_are_none(self, stripe: StandIn, key: str):
        with pytest.raises(Unacceptable, match="printable"):
            begin(cast.player("Alice"), key)

    @pytest.mark.parametrize(
        "changes",
        [
            {"method": "page"},
            {"method": "saved_card"},
            {"method": "nonsense"},
            {"provider": "alipay", "method": "checkout"},
            {"provider": "alipay", "method": "page", "save_card": True},
        ],
    )
    def test_refuses_what_a_provider_does_not_do(
        self, stripe: StandIn, alipay: StandIn, changes: dict[str, Any]
    ):
        with pytest.raises(Unacceptable):
            begin(cast.player("Alice"), **changes)
        assert not TopUp.objects.exists()

    def test_offers_no_provider_without_keys(self):
        with pytest.raises(Unavailable):
            begin(cast.player("Alice"), provider="paypal")

    @pytest.mark.parametrize("state", ["frozen", "closed"])
    def test_refuses_customers_who_are_not_active(self, stripe: StandIn, state: str):
        alice = cast.player("Alice")
        open_before = begin(alice, "before")
        change = customers.freeze if state == "frozen" else customers.close
        change(customer_id=alice.id, reason="test", now=timezone.now())
        assert Customer.objects.get(id=alice.id).state == state
        with pytest.raises(Refused) as refused:
            begin(alice)
        assert (refused.value.http_status, refused.value.code) == (403, f"customer_{state}")
        assert begin(alice, "before") == open_before

    def test_refuses_more_than_so_many_unpaid_ones(self, stripe: StandIn, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(start, "MOST_PENDING", 2)
        alice = cast.player("Alice")
        begin(alice, "1"), begin(alice, "2")
        with pytest.raises(start.TooManyPending):
            begin(alice, "3")

    def test_goes_on_with_nothing_once_the_customer_is_frozen(self, stripe: StandIn):
        """The top-up was committed before, and its provider has not heard of it."""
        alice = cast.player("Alice")
        stripe.is_away = True
        with pytest.raises(Unreachable):
            begin(alice)
        customers.freeze(customer_id=alice.id, reason="dispute", now=timezone.now())
        stripe.is_away = False
        with pytest.raises(Refused):
            begin(alice)
        assert stripe.started == 0


class TestStartWithAlipay:
    def test_locks_the_rate_and_rounds_down(self, alipay: StandIn):
        rate(7_123_456)
        top_up = begin_with_alipay(cast.player("Alice"))
        rate(9_000_000)
        assert (top_up.cny_per_usd_micros, top_up.currency) == (7_123_456, "CNY")
        # 100 / 7.123456 = 14.03813…
        assert top_up.credit_nanos == 100 * 10**15 // 7_123_456
        assert top_up.object_id == top_up.id.hex

    def test_needs_a_rate(self, alipay: StandIn):
        rate(RATE, at=timezone.now() + timedelta(hours=1))
        with pytest.raises(offers.NoExchangeRate):
            begin_with_alipay(cast.player("Alice"))


class TestBonus:
    @pytest.mark.parametrize(
        ("amount_minor", "bonus_nanos"),
        [(4_999, 0), (5_000, 5 * USD // 2), (9_999, 4_999_500_000), (10_000, 10 * USD)],
    )
    def test_is_that_of_the_highest_tier_reached(self, stripe: StandIn, amount_minor: int, bonus_nanos: int):
        bonus((50 * USD, 50_000), (100 * USD, 100_000))
        assert begin(cast.player("Alice"), amount_minor=amount_minor).bonus_nanos == bonus_nanos

    def test_is_none_under_a_plan_that_takes_it_back(self, stripe: StandIn):
        bonus((10 * USD, 100_000), at=timezone.now() - timedelta(days=2))
        bonus()
        assert begin(cast.player("Alice")).bonus_nanos == 0
