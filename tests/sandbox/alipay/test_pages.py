"""The cashier's pages."""

from dataclasses import replace

import httpx
import pytest

from billing.payments.alipay.provider import Alipay
from billing.payments.names import Method
from tests.alipay_servers import Callbacks, order
from tests.sandbox_servers import Control


def opened(alipay: Alipay, callbacks: Callbacks, method: Method = Method.PAGE) -> httpx.Response:
    checkout = alipay.start_checkout(order(callbacks, method=method, description="<b>额度</b> 'x'"))
    return httpx.get(checkout.url or checkout.qr_code or "", follow_redirects=True)


class TestCashier:
    @pytest.mark.parametrize("method", [Method.PAGE, Method.WAP, Method.QR])
    def test_shows_the_amount_and_no_markup_of_ours(
        self, alipay: Alipay, callbacks: Callbacks, method: Method
    ):
        page = opened(alipay, callbacks, method)

        assert page.status_code == 200
        assert "¥100.50" in page.text
        assert "<b>" not in page.text
        for action in ("pay", "decline", "pay_later", "abandon"):
            assert f'value="{action}"' in page.text

    def test_lets_a_person_try_again_after_a_decline(self, alipay: Alipay, callbacks: Callbacks):
        page = opened(alipay, callbacks)
        declined = httpx.post(str(page.url), data={"action": "decline"})

        assert (declined.status_code, "too low" in declined.text) == (402, True)
        assert httpx.post(str(page.url), data={"action": "pay"}).status_code == 303
        assert "is paid" in httpx.get(str(page.url)).text

    def test_refuses_buttons_that_are_not_there(self, alipay: Alipay, callbacks: Callbacks):
        page = opened(alipay, callbacks)

        assert httpx.post(str(page.url), data={"action": "steal"}).status_code == 400

    def test_says_that_it_is_closed(self, alipay: Alipay, alipay_sandbox: Control, callbacks: Callbacks):
        made = order(callbacks)
        page = httpx.get(alipay.start_checkout(made).url or "", follow_redirects=True)
        httpx.post(str(page.url), data={"action": "pay_later"})
        alipay_sandbox.act("close", out_trade_no=made.reference)

        assert "nobody can pay it any more" in httpx.get(str(page.url)).text

    def test_goes_back_from_a_phone_to_where_we_said(self, alipay: Alipay, callbacks: Callbacks):
        made = replace(order(callbacks, method=Method.WAP), cancel_url="http://127.0.0.1:1/cancelled")
        page = httpx.get(alipay.start_checkout(made).url or "", follow_redirects=True)

        left = httpx.post(str(page.url), data={"action": "abandon"})

        assert left.headers["location"] == "http://127.0.0.1:1/cancelled"

    @pytest.mark.parametrize("path", ["cashier", "qr", "bill"])
    def test_knows_no_others(self, alipay_sandbox: Control, path: str):
        assert httpx.get(f"{alipay_sandbox.url}/{path}/nobody").status_code == 404
