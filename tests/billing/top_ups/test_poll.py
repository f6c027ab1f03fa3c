"""The poller: what no message told is found in time, by one worker, until nobody can pay any more."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import PENDING, PaymentAlert, TopUp, TopUpCause
from billing.payments.errors import Unreachable
from billing.payments.protocol import Lookup, Payment, PaymentState
from billing.services.top_ups import poll, start
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books, request
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def checks(top_up: TopUp, *, until: timedelta) -> list[timedelta]:
    """Poll whenever something is due, and return when the top-up was asked about, from its beginning."""
    asked: list[timedelta] = []
    while (stored := again(top_up)).next_check_at and stored.next_check_at <= top_up.created_at + until:
        asked.append(stored.next_check_at - top_up.created_at)
        assert poll.poll_due(now=stored.next_check_at) == 1
    return asked


def seconds(moments: list[timedelta]) -> list[int]:
    return [int(moment.total_seconds()) for moment in moments]


class TestPollDue:
    def test_credits_what_no_message_told(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        assert poll.poll_due(now=timezone.now()) == 0
        assert poll.poll_due(now=timezone.now() + timedelta(seconds=10)) == 1
        assert books(alice) == (20 * USD, 1, 1)

    def test_asks_less_and_less_often_and_ends_at_the_end(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        asked = seconds(checks(top_up, until=timedelta(hours=30)))
        assert asked[:7] == [10, 40, 100, 220, 520, 1120, 2920]
        assert {later - earlier for earlier, later in itertools.pairwise(asked[7:-1])} == {3600}
        assert asked[-1] == int((top_up.expires_at - top_up.created_at).total_seconds())
        stored = again(top_up)
        assert (stored.state, stored.next_check_at) == ("expired", None)
        assert stripe.payments[top_up.object_id].state == PaymentState.CLOSED

    def test_credits_who_pays_at_the_last_moment(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.at_close = lambda: stripe.pay(top_up.object_id)
        checks(top_up, until=top_up.expires_at - top_up.created_at)
        assert (again(top_up).state, books(alice)) == ("paid", (20 * USD, 1, 1))
        assert not PaymentAlert.objects.exists()

    def test_ends_no_payment_that_a_bank_still_works_on(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, state=PaymentState.PROCESSING)
        asked = checks(top_up, until=timedelta(days=3))
        assert again(top_up).state == "processing"
        assert asked[-1] - asked[-2] == timedelta(hours=6)
        stripe.pay(top_up.object_id)
        checks(top_up, until=timedelta(days=4))
        assert books(alice) == (20 * USD, 1, 1)

    def test_gives_up_a_code_that_nobody_scanned_and_looks_once_more(self, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice, method="qr")
        unscanned = alipay.payments.pop(top_up.object_id)
        checks(top_up, until=timedelta(hours=2))
        stored = again(top_up)
        assert (stored.state, stored.next_check_at is not None) == ("expired", True)
        alipay.payments[top_up.object_id] = unscanned
        alipay.pay(top_up.object_id)
        checks(top_up, until=timedelta(hours=4))
        assert again(top_up).state == "paid"
        assert PaymentAlert.objects.get().code == "paid_after_end"

    def test_gives_up_a_top_up_that_never_reached_its_provider(self, stripe: StandIn):
        stripe.is_away = True
        with pytest.raises(Unreachable):
            begin(cast.player("Alice"))
        stripe.is_away = False
        top_up = TopUp.objects.get()
        checks(top_up, until=timedelta(days=2))
        assert (again(top_up).state, again(top_up).next_check_at) == ("expired", None)

    def test_waits_while_the_provider_is_away(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        stripe.is_away = True
        checks(top_up, until=timedelta(days=2))
        assert again(top_up).state in PENDING
        stripe.is_away = False
        checks(top_up, until=timedelta(days=3))
        assert again(top_up).state == "expired"

    def test_asks_a_provider_that_is_away_once_in_a_round(self, stripe: StandIn):
        alice = cast.player("Alice")
        for number in range(3):
            begin(alice, str(number))
        stripe.is_away = True
        assert poll.poll_due(now=timezone.now() + timedelta(minutes=1)) == 3
        assert stripe.refused == 1
        assert set(TopUp.objects.values_list("checks", flat=True)) == {1}

    def test_looks_at_paid_ones_for_lost_refunds_for_weeks(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        stripe.pay(top_up.object_id)
        asked = checks(top_up, until=timedelta(days=60))
        assert len(asked) == 1 + len(poll.PAID)
        assert asked[-1] > timedelta(days=27)
        assert again(top_up).next_check_at is None

    def test_leaves_a_card_whose_charge_is_unknown_to_who_charges_it(self, stripe: StandIn):
        asked = request(cast.player("Alice"), method="saved_card", cause=TopUpCause.AUTO)
        start.create(asked, idempotency_key="auto:1", now=timezone.now())
        assert poll.poll_due(now=timezone.now() + timedelta(days=1)) == 0


class TestSweepLost:
    def test_credits_what_a_provider_says_may_be_lost(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        stripe.payments["cs_shop"] = stripe.show(top_up.object_id)
        stripe.show("cs_shop", object_id="cs_shop", payment_id="pi_shop", reference="order-17")
        assert poll.sweep_lost(now=timezone.now()) == 1
        assert books(alice) == (20 * USD, 1, 1)

    def test_goes_on_after_a_payment_that_fails(self, stripe: StandIn, monkeypatch: pytest.MonkeyPatch):
        alice = cast.player("Alice")
        broken, top_up = begin(alice), begin(alice, "key-2")
        for each in (broken, top_up):
            stripe.pay(each.object_id)
        fetch = stripe.fetch

        def fails_once(lookup: Lookup, *, refunds: Sequence[str] = ()) -> Payment | None:
            if lookup.object_id == broken.object_id:
                raise RuntimeError("a bug")
            return fetch(lookup, refunds=refunds)

        monkeypatch.setattr(stripe, "fetch", fails_once)
        assert poll.sweep_lost(now=timezone.now()) == 1
        assert (again(broken).state, again(top_up).state) == ("open", "paid")

    def test_goes_on_where_one_provider_is_away(self, stripe: StandIn, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        alipay.pay(top_up.object_id)
        stripe.is_away = True
        assert poll.sweep_lost(now=timezone.now()) == 1
        assert again(top_up).state == "paid"
