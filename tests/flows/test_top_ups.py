"""Buying credit over real HTTP with real signatures: pay, lose everything, hear everything three times."""

import itertools

import httpx
import pytest
from django.utils import timezone

from billing.models import EventState, PaymentAlert, ProviderEvent, TopUp
from billing.services.top_ups import events, poll
from billing.services.top_ups.inbox import LEASE
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, books
from tests.cast import USD
from tests.sandbox_servers import Control

YUAN_100 = 13_888_888_888


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


def open_page(top_up: TopUp) -> None:
    """Go where the customer pays, as a browser does."""
    assert httpx.get(top_up.checkout_url, follow_redirects=True).status_code == 200


def settle_down() -> None:
    """Let the worker do what was not done within a webhook's budget on a busy machine."""
    now = timezone.now() + 2 * LEASE
    while events.handle_due(now=now):
        now += 2 * LEASE


class TestStripe:
    def test_credits_a_card_as_soon_as_the_webhook_comes(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay")
        stripe_connected.flush()
        settle_down()
        assert books(alice) == (20 * USD, 1, 1)
        assert again(top_up).payment_id.startswith("pi_")
        assert set(ProviderEvent.objects.values_list("state", flat=True)) <= {"done", "ignored"}

    def test_credits_a_slow_payment_when_it_arrives(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay_later")
        stripe_connected.flush()
        settle_down()
        assert (again(top_up).state, books(alice)) == ("processing", (0, 0, 0))
        stripe_connected.act("settle", session=top_up.object_id, succeeds=True)
        stripe_connected.flush()
        settle_down()
        assert books(alice) == (20 * USD, 1, 1)

    def test_ends_a_slow_payment_that_fails(self, stripe_connected: Control):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay_later")
        stripe_connected.act("settle", session=top_up.object_id, succeeds=False)
        stripe_connected.flush()
        settle_down()
        assert (again(top_up).state, books(alice)) == ("failed", (0, 0, 0))

    def test_loses_every_message_and_still_credits_once(self, stripe_connected: Control):
        alice = cast.player("Alice")
        stripe_connected.faults(drop=1)
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay")
        stripe_connected.flush()
        assert not ProviderEvent.objects.exists()
        for delay in itertools.accumulate(poll.UNPAID[:3]):
            poll.poll_due(now=top_up.created_at + delay)
        assert books(alice) == (20 * USD, 1, 1)

    def test_hears_everything_thrice_and_credits_once(self, stripe_connected: Control):
        alice = cast.player("Alice")
        stripe_connected.faults(duplicate=1, reorder=1)
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay")
        stripe_connected.flush()
        settle_down()
        assert books(alice) == (20 * USD, 1, 1)

    def test_closes_what_nobody_paid(self, stripe_connected: Control):
        top_up = begin(cast.player("Alice"))
        poll.poll_due(now=top_up.expires_at)
        assert again(top_up).state == "expired"
        [session] = stripe_connected.objects("checkout.session")
        assert session["status"] == "expired"

    def test_credits_nothing_that_the_stand_in_signs_with_another_secret(self, stripe_connected: Control):
        alice = cast.player("Alice")
        stripe_connected.act("rotate", secret="whsec_other")
        top_up = begin(alice)
        stripe_connected.act("complete", session=top_up.object_id, how="pay")
        stripe_connected.flush()
        assert not ProviderEvent.objects.exists()
        assert books(alice) == (0, 0, 0)


class TestAlipay:
    def test_credits_a_page_payment_at_the_locked_rate(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        open_page(top_up)
        alipay_connected.act("pay", out_trade_no=top_up.reference)
        alipay_connected.flush()
        settle_down()
        assert books(alice) == (YUAN_100, 1, 1)
        assert set(ProviderEvent.objects.values_list("state", flat=True)) == {EventState.DONE}

    def test_credits_a_scanned_code(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice, method="qr")
        assert top_up.qr_code
        assert poll.poll_due(now=again(top_up).next_check_at) == 1  # type: ignore[arg-type]
        assert again(top_up).state == "open"
        alipay_connected.act("scan", out_trade_no=top_up.reference)
        alipay_connected.act("pay", out_trade_no=top_up.reference)
        alipay_connected.flush()
        settle_down()
        assert books(alice) == (YUAN_100, 1, 1)

    def test_loses_every_message_and_still_credits_once(self, alipay_connected: Control):
        alice = cast.player("Alice")
        alipay_connected.faults(drop=1)
        top_up = begin_with_alipay(alice)
        open_page(top_up)
        alipay_connected.act("pay", out_trade_no=top_up.reference)
        alipay_connected.flush()
        for delay in itertools.accumulate(poll.UNPAID[:3]):
            poll.poll_due(now=top_up.created_at + delay)
        assert books(alice) == (YUAN_100, 1, 1)

    def test_lists_a_trade_of_another_amount(self, alipay_connected: Control):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        open_page(top_up)
        alipay_connected.act("pay", out_trade_no=top_up.reference)
        alipay_connected.act("alter", out_trade_no=top_up.reference, amount="1.00")
        alipay_connected.flush()
        settle_down()
        assert books(alice) == (0, 0, 0)
        assert PaymentAlert.objects.get().code == "wrong_amount"
        assert EventState.QUARANTINED in ProviderEvent.objects.values_list("state", flat=True)

    def test_gives_up_what_nobody_opened(self, alipay_connected: Control):
        top_up = begin_with_alipay(cast.player("Alice"))
        poll.poll_due(now=top_up.expires_at)
        assert again(top_up).state == "expired"
