"""Every message is lost and nobody comes back: the credit arrives all the same, once, by asking."""

import re
from html import unescape

import httpx
import pytest

from tests import whole_service
from tests.whole_service import WholeService, eventually

WITHIN_S = 120
FIELD = re.compile(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"')


class Customer:
    """Somebody at the pages, with cookies and without scripts."""

    def __init__(self, service: WholeService) -> None:
        self._http = httpx.Client(base_url=service.url, timeout=60)
        self._send(
            "/dashboard/sign-in/",
            username=service.demo["CUSTOMER_EMAIL"],
            password=service.demo["CUSTOMER_PASSWORD"],
        )

    def pay(self, provider: str, amount: str) -> None:
        """Buy, pay on the provider's page, and never come back to ours."""
        address = f"/dashboard/top-up/?provider={provider}&amount={amount}"
        checkout = self._send(address).headers["Location"]
        page = httpx.get(checkout, follow_redirects=True)
        paid = httpx.post(page.url, data={"action": "pay"})
        assert paid.status_code == 303, paid.text

    def leave(self) -> None:
        self._http.close()

    def _send(self, page: str, **typed: str) -> httpx.Response:
        """Send the first form of a page that changes something, with what somebody typed."""
        forms = re.findall(r'<form[^>]*method="post".*?</form>', self._http.get(page).text, re.DOTALL)
        fields = {name: unescape(value) for name, value in FIELD.findall(forms[0])}
        sent = self._http.post(page.partition("?")[0], data=fields | typed)
        assert sent.status_code == 302, sent.text
        return sent


@pytest.mark.slow
class TestLostMessages:
    def test_cost_a_moment_and_no_money(self):
        with whole_service.running() as service:
            for provider in (service.stripe, service.alipay):
                provider.faults(drop_all=True)
            customer = Customer(service)
            customer.pay("stripe", "20")
            customer.pay("alipay", "100")
            customer.leave()

            states = "select state from top_up order by id"
            assert eventually(lambda: service.rows(states) == [("paid",)] * 2, within_s=WITHIN_S), (
                service.rows(states)
            )

            assert service.rows("select count(*) from provider_event") == [(0,)]
            assert service.rows("select count(*) from ledger_transaction where kind = 'top_up'") == [(2,)]
            assert service.rows("select balance_nanos from wallet") == [(53_888_888_888,)]
            service.audit()
