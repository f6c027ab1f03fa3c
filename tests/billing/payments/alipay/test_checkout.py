"""From the button to a payment: on a page, on a phone and by a QR code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.errors import Rejected
from billing.payments.names import Method, ProviderName
from billing.payments.protocol import Checkout, Lookup, Payment, PaymentState
from tests.alipay_servers import APP_ID, SELLER_ID, Callbacks, order
from tests.sandbox_servers import Control


def choose(checkout: Checkout, action: str) -> httpx.Response:
    """Open the page, or scan the code, and press a button."""
    page = httpx.get(checkout.url or checkout.qr_code or "", follow_redirects=True)
    assert page.status_code == 200
    return httpx.post(str(page.url), data={"action": action})


def found(alipay: Alipay, reference: str) -> Payment:
    payment = alipay.fetch(Lookup(object_id=reference))
    assert payment
    return payment


@pytest.mark.parametrize("method", [Method.PAGE, Method.WAP, Method.QR])
class TestEveryMethod:
    def test_is_paid_on_alipays_page(self, alipay: Alipay, callbacks: Callbacks, method: Method):
        placed = order(callbacks, method=method)
        answer = choose(alipay.start_checkout(placed), "pay")

        payment = found(alipay, placed.reference)

        assert answer.status_code in {200, 303}
        assert payment.paid_at
        assert abs(datetime.now(UTC) - payment.paid_at) < timedelta(minutes=5)
        assert replace(payment, payment_id="", paid_at=None) == Payment(
            provider=ProviderName.ALIPAY,
            object_id=placed.reference,
            payment_id="",
            reference=placed.reference,
            account=f"{APP_ID}:{SELLER_ID}",
            livemode=False,
            mode="payment",
            state=PaymentState.PAID,
            amount_minor=10_050,
            currency="CNY",
        )

    def test_tells_us_by_a_notification(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks, method: Method
    ):
        placed = order(callbacks, method=method)
        choose(alipay.start_checkout(placed), "pay")
        alipay_sandbox.flush()

        message = callbacks.read(alipay)[-1]

        assert (message.kind, message.foreign) == ("trade_status_sync:TRADE_SUCCESS", "")
        assert message.lookup
        assert message.lookup.object_id == placed.reference
        assert alipay.fetch(message.lookup) == found(alipay, placed.reference)

    def test_knows_of_nothing_before_somebody_opens_it(
        self, alipay: Alipay, callbacks: Callbacks, method: Method
    ):
        placed = order(callbacks, method=method)

        checkout = alipay.start_checkout(placed)

        assert checkout.object_id == placed.reference
        assert bool(checkout.url) != bool(checkout.qr_code)
        assert checkout.expires_at == placed.expires_at
        assert alipay.fetch(Lookup(object_id=placed.reference)) is None


class TestPage:
    @pytest.mark.parametrize("action", ["decline", "pay_later"])
    def test_waits_for_who_has_not_paid_yet(self, alipay: Alipay, callbacks: Callbacks, action: str):
        placed = order(callbacks)
        choose(alipay.start_checkout(placed), action)

        assert found(alipay, placed.reference).state == PaymentState.WAITING

    def test_leaves_nothing_behind_where_nobody_logged_in(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        answer = choose(alipay.start_checkout(placed), "abandon")

        assert answer.headers["location"] == placed.return_url
        assert alipay.fetch(Lookup(object_id=placed.reference)) is None

    def test_comes_back_with_words_that_we_do_not_need(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        answer = choose(alipay.start_checkout(placed), "pay")

        told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))

        assert told["a"] == "b"
        assert told["out_trade_no"] == placed.reference

    def test_is_the_same_order_however_often_it_is_started(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        for _ in range(2):
            choose(alipay.start_checkout(placed), "pay_later")

        choose(alipay.start_checkout(placed), "pay")

        assert found(alipay, placed.reference).state == PaymentState.PAID


class TestQrCode:
    def test_lives_two_hours_at_most(self, alipay: Alipay, callbacks: Callbacks):
        in_a_day = replace(
            order(callbacks, method=Method.QR), expires_at=datetime.now(UTC) + timedelta(days=1)
        )

        checkout = alipay.start_checkout(in_a_day)

        assert checkout.expires_at < datetime.now(UTC) + timedelta(hours=2, minutes=1)

    def test_waits_from_the_moment_it_is_scanned(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks
    ):
        placed = order(callbacks, method=Method.QR)
        alipay.start_checkout(placed)
        alipay_sandbox.act("scan", out_trade_no=placed.reference)

        assert found(alipay, placed.reference).state == PaymentState.WAITING

    def test_refuses_another_amount_for_the_same_order(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks, method=Method.QR)
        alipay.start_checkout(placed)

        with pytest.raises(Rejected) as caught:
            alipay.start_checkout(replace(placed, amount_minor=1))

        assert caught.value.reason == "ACQ.CONTEXT_INCONSISTENT"


class TestClose:
    def test_lets_nobody_pay_any_more(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        checkout = alipay.start_checkout(placed)
        choose(checkout, "pay_later")

        alipay.close(placed.reference)

        assert found(alipay, placed.reference).state == PaymentState.CLOSED
        assert httpx.get(checkout.url or "").status_code == 400

    def test_is_the_same_twice(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        choose(alipay.start_checkout(placed), "pay_later")

        alipay.close(placed.reference)
        alipay.close(placed.reference)

        assert found(alipay, placed.reference).state == PaymentState.CLOSED

    def test_does_nothing_where_no_trade_is(self, alipay: Alipay, callbacks: Callbacks):
        alipay.close(order(callbacks).reference)

    def test_is_refused_where_somebody_paid(self, alipay: Alipay, callbacks: Callbacks):
        placed = order(callbacks)
        choose(alipay.start_checkout(placed), "pay")

        with pytest.raises(Rejected) as caught:
            alipay.close(placed.reference)

        assert caught.value.reason == "ACQ.TRADE_HAS_SUCCESS"
        assert found(alipay, placed.reference).state == PaymentState.PAID

    def test_happens_by_itself_when_the_time_is_over(
        self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks
    ):
        placed = order(callbacks)
        checkout = alipay.start_checkout(placed)
        choose(checkout, "pay_later")
        alipay_sandbox.advance(3700)

        assert choose(checkout, "pay").status_code == 400
        assert found(alipay, placed.reference).state == PaymentState.CLOSED


class TestFinish:
    def test_is_still_paid(self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks):
        placed = order(callbacks)
        choose(alipay.start_checkout(placed), "pay")
        alipay_sandbox.act("finish", out_trade_no=placed.reference)

        assert found(alipay, placed.reference).state == PaymentState.PAID


class TestChargeCard:
    def test_is_refused(self, alipay: Alipay, callbacks: Callbacks):
        with pytest.raises(Rejected):
            alipay.charge_card(order(callbacks))
