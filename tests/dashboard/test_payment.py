"""The page behind a provider's: it believes the provider alone, and follows until it is sure."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import TopUp
from billing.payments.protocol import PaymentState
from billing.services.holds import end
from tests import cast
from tests.billing.top_ups import purchases
from tests.cast import USD
from tests.dashboard import browsers
from tests.dashboard.browsers import Page

pytestmark = pytest.mark.django_db
REFRESH = 'http-equiv="refresh"'


def begin_at(who: cast.Player, age: timedelta, **changes: Any) -> TopUp:
    return purchases.begin(who, now=timezone.now() - age, **changes)


def look(who: cast.Player, top_up: TopUp, query: str = "") -> Page:
    return browsers.of(who).get(f"/dashboard/top-ups/{top_up.id}/{query}")


class TestPaid:
    def test_credits_on_the_way_back_before_any_message_came(self, alice, stripe):
        top_up = purchases.begin(alice)
        stripe.pay(top_up.object_id)

        page = look(alice, top_up)
        assert "$20.00 added" in page.text
        assert "Available now: $40.00" in page.text
        assert REFRESH not in page.html
        assert alice.wallet().balance_nanos == 40 * USD

    def test_credits_once_however_often_it_is_loaded(self, alice, stripe):
        top_up = purchases.begin(alice)
        stripe.pay(top_up.object_id)

        asked = [(look(alice, top_up), stripe.fetched)[1] for _ in range(4)]
        assert alice.wallet().balance_nanos == 40 * USD
        assert asked[0] == asked[-1], "what is paid is not asked about again"

    def test_says_that_it_went_into_debt(self, alice, stripe):
        cast.model()
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1_000_000_000))
        cast.settle()
        top_up = purchases.begin(dora)
        stripe.pay(top_up.object_id)

        assert "It paid what was owed" in look(dora, top_up).text

    def test_says_so_of_bonus_and_rate(self, alice, alipay):
        purchases.bonus((10 * USD, 100_000))
        top_up = purchases.begin_with_alipay(alice)
        alipay.pay(top_up.object_id)

        page = look(alice, top_up)
        assert "$13.88 and $1.38 bonus added" in page.text
        assert "¥7.20 per $1" in page.text


class TestPending:
    def test_is_never_believed_for_what_stands_in_the_address(self, alice, alipay):
        top_up = purchases.begin_with_alipay(alice)

        page = look(alice, top_up, "?trade_no=1&total_amount=100.00&sign=x&left=1")
        assert page.goes_to == f"/dashboard/top-ups/{top_up.id}/"
        assert "Waiting for Alipay" in look(alice, top_up).text
        assert alice.wallet().balance_nanos == 20 * USD

    @pytest.mark.parametrize(
        ("minutes", "seconds"), [(0, 3), (2, 3), (5, 10), (30, 30), (61, None), (600, None)]
    )
    def test_looks_again_ever_more_rarely(self, alice, stripe, minutes, seconds):
        page = look(alice, begin_at(alice, timedelta(minutes=minutes)))

        assert (f'content="{seconds}"' in page.html) == (seconds is not None)
        assert (REFRESH in page.html) == (seconds is not None)
        assert ("Look again" in page.text) == (seconds is None)

    def test_leads_back_to_the_checkout_of_who_left_it(self, alice, stripe):
        top_up = purchases.begin(alice)

        page = look(alice, top_up, "?left=1")
        assert "You came back without paying" in page.text
        assert top_up.checkout_url in page.html

    def test_leads_to_no_checkout_that_is_over(self, alice, stripe):
        top_up = begin_at(alice, timedelta(hours=24))

        assert top_up.checkout_url not in look(alice, top_up).html

    def test_stays_as_it_was_while_the_provider_is_away(self, alice, stripe):
        top_up = purchases.begin(alice)
        stripe.is_away = True

        page = look(alice, top_up)
        assert (page.status, "Waiting for Stripe" in page.text) == (200, True)

    def test_says_that_the_bank_takes_its_time(self, alice, stripe):
        top_up = purchases.begin(alice)
        stripe.show(top_up.object_id, state=PaymentState.PROCESSING, payment_id="pi_1")

        assert "Your bank is at work" in look(alice, top_up).text

    @pytest.mark.parametrize(
        ("state", "words"),
        [(PaymentState.FAILED, "The payment failed"), (PaymentState.CLOSED, "Nobody paid in time")],
    )
    def test_says_how_it_ended(self, alice, stripe, state, words):
        top_up = purchases.begin(alice)
        stripe.show(top_up.object_id, state=state, failure="card_declined")

        page = look(alice, top_up)
        assert words in page.text
        assert REFRESH not in page.html

    def test_credits_nothing_for_another_amount_and_says_so(self, alice, stripe):
        top_up = purchases.begin(alice)
        stripe.pay(top_up.object_id, amount_minor=2001)

        page = look(alice, top_up)
        assert "is not what was asked for" in page.text
        assert REFRESH not in page.html
        assert alice.wallet().balance_nanos == 20 * USD


class TestQrCode:
    def test_is_drawn_here(self, alice, alipay):
        top_up = purchases.begin_with_alipay(alice, method="qr")
        TopUp.objects.filter(id=top_up.id).update(qr_code="https://qr.alipay.com/bax<&>")

        page = look(alice, top_up)
        assert "<svg" in page.html
        assert "qr.alipay.com" not in page.html
        assert REFRESH in page.html

    def test_is_gone_when_its_time_is_over(self, alice, alipay):
        purchases.rate()
        top_up = begin_at(alice, timedelta(hours=2), provider="alipay", method="qr", amount_minor=10_000)
        TopUp.objects.filter(id=top_up.id).update(qr_code="https://qr.alipay.com/bax")

        assert "<svg" not in look(alice, top_up).html


class TestHeld:
    def test_is_what_a_running_request_has_set_aside(self, alice, stripe):
        cast.model()
        held = cast.hold(alice)

        assert "Held $0.005295 set aside" in browsers.of(alice).get("/dashboard/").text
        end.release(
            request_id=held.request_id, gateway_id=cast.gateway().id, reason="over", now=timezone.now()
        )
        assert "Held $0.00 set aside" in browsers.of(alice).get("/dashboard/").text
