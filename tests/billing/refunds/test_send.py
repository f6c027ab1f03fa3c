"""Asking the provider for a refund: lost answers, refusals and late results each end in one true state."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import PaymentAlert, Refund
from billing.payments.errors import Unreachable
from billing.payments.protocol import RefundState
from billing.services.refunds import retry
from tests import cast
from tests.billing.refunds.purchases import ask, bought, deliver, due_at, found, refund
from tests.billing.top_ups.purchases import again, look
from tests.cast import USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def settle(provider: StandIn, object_id: str, state: RefundState) -> None:
    shown = provider.payments[object_id].refunds
    provider.show(object_id, refunds=tuple(dataclasses.replace(each, state=state) for each in shown))


class TestSend:
    def test_ends_a_refund_that_is_made_at_once(self, stripe: StandIn):
        row = refund(bought(cast.player("Alice"), stripe), 700)
        assert (row.state, row.next_check_at, row.ended_at is not None) == ("succeeded", None, True)

    def test_waits_for_one_that_takes_days(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.refund_state = RefundState.PENDING
        row = refund(top_up, 700)
        assert (row.state, row.ended_at) == ("pending", None)
        assert alice.wallet().balance_nanos == 13 * USD
        settle(stripe, top_up.object_id, RefundState.SUCCEEDED)
        assert retry.retry_due(now=due_at(row)) == 1
        assert (Refund.objects.get().state, alice.wallet().balance_nanos) == ("succeeded", 13 * USD)

    def test_undoes_what_is_refused(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.rejects = "charge_disputed"
        row = refund(top_up, 700)
        assert (row.state, row.failure) == ("failed", "charge_disputed")
        assert (alice.wallet().balance_nanos, again(top_up).refunded_minor) == (20 * USD, 0)

    def test_refunds_once_though_the_answer_is_lost(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.loses_answers = True
        row = ask(top_up, 700).refund
        with pytest.raises(Unreachable):
            deliver(row)
        assert Refund.objects.get().state == "requested"
        stripe.loses_answers = False
        assert retry.retry_due(now=timezone.now() + timedelta(minutes=2)) == 1
        assert len(stripe.payments[top_up.object_id].refunds) == 1
        assert (Refund.objects.get().state, alice.wallet().balance_nanos) == ("succeeded", 13 * USD)

    def test_believes_what_is_there_more_than_a_refusal(self, stripe: StandIn):
        """A repetition that is refused for its own first try undoes nothing."""
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        row = ask(top_up, 2000).refund
        found(top_up, stripe, 2000, reference=row.reference)
        stripe.rejects = "charge_already_refunded"
        assert deliver(row).state == "succeeded"
        assert alice.wallet().balance_nanos == 0

    @pytest.mark.parametrize("reason", ["idempotency_error", "ACQ.DISCORDANT_REPEAT_REQUEST"])
    def test_undoes_nothing_where_the_key_is_known_for_something_else(self, stripe: StandIn, reason: str):
        row = ask(bought(cast.player("Alice"), stripe), 700).refund
        stripe.rejects = reason
        with pytest.raises(Unreachable):
            deliver(row)
        assert Refund.objects.get().state == "requested"

    def test_makes_room_for_the_refund_that_it_was_refused_for(self, stripe: StandIn):
        """Somebody refunds 80 % on Stripe's pages while 40 % of ours are on their way."""
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        row = ask(top_up, 800).refund
        found(top_up, stripe, 1600)
        look(top_up)
        assert (again(top_up).refunded_minor, PaymentAlert.objects.count()) == (800, 0)
        assert deliver(row).state == "failed"
        soon = again(top_up).next_check_at
        assert soon is not None
        assert soon <= timezone.now()
        look(top_up)
        assert (again(top_up).refunded_minor, alice.wallet().balance_nanos) == (1600, 4 * USD)

    def test_posts_one_that_is_there_though_it_was_given_up(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.rejects = "not_now"
        row = refund(top_up, 700)
        found(top_up, stripe, 700, reference=row.reference)
        look(top_up)
        look(top_up)
        assert sorted(each.state for each in Refund.objects.all()) == ["failed", "succeeded"]
        assert alice.wallet().balance_nanos == 13 * USD


class TestRetry:
    def test_asks_for_one_that_nobody_sent(self, stripe: StandIn):
        """The process died between the debit and the call."""
        alice = cast.player("Alice")
        row = ask(bought(alice, stripe), 700).refund
        assert retry.retry_due(now=row.requested_at) == 0
        assert retry.retry_due(now=due_at(row)) == 1
        assert Refund.objects.get().state == "succeeded"

    def test_asks_less_often_as_time_goes_by(self, stripe: StandIn):
        row = ask(bought(cast.player("Alice"), stripe), 700).refund
        stripe.is_away = True
        pauses = []
        for _ in range(8):
            due = due_at(row)
            assert retry.retry_due(now=due) == 1
            pauses.append((due_at(row) - due) // timedelta(minutes=1))
        assert pauses == [1, 2, 5, 10, 30, 60, 360, 360]
        stripe.is_away = False
        assert retry.retry_due(now=due_at(row)) == 1
        assert Refund.objects.get().state == "succeeded"

    def test_asks_a_provider_that_is_away_once_in_a_round(self, stripe: StandIn):
        top_up = bought(cast.player("Alice"), stripe)
        rows = [ask(top_up, 100).refund for _ in range(3)]
        stripe.is_away = True
        assert retry.retry_due(now=due_at(rows[-1])) == 3
        assert stripe.refused == 1
        assert set(Refund.objects.values_list("checks", flat=True)) == {1}

    def test_looks_at_one_that_was_found(self, stripe: StandIn):
        top_up = bought(cast.player("Alice"), stripe)
        found(top_up, stripe, 500, state=RefundState.PENDING)
        look(top_up)
        settle(stripe, top_up.object_id, RefundState.SUCCEEDED)
        assert retry.retry_due(now=due_at(Refund.objects.get())) == 1
        assert Refund.objects.get().state == "succeeded"

    def test_tells_of_one_that_takes_too_long(self, stripe: StandIn):
        stripe.refund_state = RefundState.PENDING
        row = refund(bought(cast.player("Alice"), stripe), 700)
        retry.retry_due(now=row.requested_at + timedelta(days=11))
        assert PaymentAlert.objects.get().code == "refund_waits"

    def test_tells_of_one_that_nobody_takes_for_a_day(self, stripe: StandIn):
        row = ask(bought(cast.player("Alice"), stripe), 700).refund
        stripe.is_away = True
        retry.retry_due(now=row.requested_at + timedelta(hours=25))
        assert PaymentAlert.objects.get().code == "refund_waits"
