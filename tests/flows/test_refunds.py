"""Refunds over real HTTP: cut answers, banks that send back, and refunds that nobody told us of."""

from datetime import timedelta

import pytest

from billing.errors import BillingError
from billing.models import PaymentAlert, Refund, TopUp
from billing.services.refunds import retry
from tests import cast
from tests.billing.refunds.purchases import ask, deliver, due_at, refund
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, look
from tests.cast import USD
from tests.flows.test_top_ups import open_page, settle_down
from tests.sandbox_servers import Control

YUAN_100 = 13_888_888_888


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


def by_card(who: cast.Player, stripe: Control) -> TopUp:
    """$20, credited; no message arrives from now on."""
    top_up = begin(who)
    stripe.act("complete", session=top_up.object_id, how="pay")
    stripe.pause()
    look(top_up)
    return again(top_up)


def by_alipay(who: cast.Player, alipay: Control) -> TopUp:
    """¥100, credited; no message arrives from now on."""
    top_up = begin_with_alipay(who)
    open_page(top_up)
    alipay.act("pay", out_trade_no=top_up.reference)
    alipay.pause()
    look(top_up)
    return again(top_up)


class TestStripe:
    def test_refunds_once_though_every_answer_is_cut(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = by_card(alice, stripe_connected)
        given = ask(top_up, 500).refund
        stripe_connected.faults(cut=1)
        with pytest.raises(BillingError):
            deliver(given)
        stripe_connected.faults(cut=0)
        assert Refund.objects.get().state == "requested"

        assert retry.retry_due(now=due_at(given)) == 1

        assert Refund.objects.get().state == "succeeded"
        assert len(stripe_connected.objects("refund")) == 1
        assert alice.wallet().balance_nanos == 15 * USD

    def test_asks_for_the_same_one_after_stripe_forgot_its_key(self, stripe_connected: Control):
        alice = cast.player("Alice")
        given = ask(by_card(alice, stripe_connected), 500).refund
        stripe_connected.faults(cut=1)
        with pytest.raises(BillingError):
            deliver(given)
        stripe_connected.faults(cut=0)
        stripe_connected.advance(timedelta(hours=25).total_seconds())
        assert deliver(given).state == "succeeded"
        assert len(stripe_connected.objects("refund")) == 1

    def test_gives_back_what_a_bank_sends_back(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = by_card(alice, stripe_connected)
        row = refund(top_up, 500)
        stripe_connected.act("fail_refund", refund=row.provider_refund_id)
        stripe_connected.resume()
        stripe_connected.flush()
        settle_down()
        assert (Refund.objects.get().state, alice.wallet().balance_nanos) == ("failed", 20 * USD)
        assert Refund.objects.get().failure == "lost_or_stolen_card"

    def test_posts_what_was_refunded_in_the_dashboard_and_no_more(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = by_card(alice, stripe_connected)
        given = ask(top_up, 800).refund
        stripe_connected.act("refund", session=top_up.object_id, amount=1600)
        look(top_up)
        assert deliver(given).state == "failed"
        look(top_up)
        assert (again(top_up).refunded_minor, alice.wallet().balance_nanos) == (1600, 4 * USD)
        assert PaymentAlert.objects.count() == 0


class TestAlipay:
    def test_gives_three_parts_that_add_up(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = by_alipay(alice, alipay_connected)
        for minor in (3333, 3333, 3334):
            assert refund(again(top_up), minor).state == "succeeded"
        assert sum(Refund.objects.values_list("debit_nanos", flat=True)) == YUAN_100
        assert alice.wallet().balance_nanos == 0

    def test_waits_for_one_that_is_not_shown_yet(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = by_alipay(alice, alipay_connected)
        alipay_connected.act("lag", seconds=3600)
        row = refund(top_up, 4000)
        assert row.state == "pending"
        assert retry.retry_due(now=due_at(row)) == 1
        assert Refund.objects.get().state == "pending"
        alipay_connected.act("lag", seconds=0)
        assert retry.retry_due(now=due_at(row)) == 1
        assert Refund.objects.get().state == "succeeded"
        assert Refund.objects.count() == 1

    def test_hears_of_one_that_was_made_on_its_pages(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = by_alipay(alice, alipay_connected)
        alipay_connected.act("refund", out_trade_no=top_up.reference, amount="40.00")
        alipay_connected.resume()
        alipay_connected.flush()
        settle_down()
        [row] = Refund.objects.all()
        assert (row.origin, row.amount_minor, row.state) == ("provider", 4000, "succeeded")
        assert alice.wallet().balance_nanos == YUAN_100 - row.debit_nanos

    def test_finds_the_rest_of_a_closed_trade_and_debits_it_once(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = by_alipay(alice, alipay_connected)
        refund(top_up, 3000)
        alipay_connected.act("refund", out_trade_no=top_up.reference, amount="70.00")
        look(top_up)
        assert (again(top_up).refunded_minor, alice.wallet().balance_nanos) == (10_000, 0)
        # The message that names it comes after the look that found it.
        alipay_connected.resume()
        alipay_connected.flush()
        settle_down()
        look(top_up)
        assert (Refund.objects.count(), PaymentAlert.objects.count()) == (2, 0)
        assert alice.wallet().balance_nanos == 0
