"""Redeeming a code on the page."""

import pytest
from django.utils import timezone

from billing import code_format
from billing.models import Redemption
from billing.services import codes
from billing.services.codes import CodeTerms
from tests.cast import USD
from tests.dashboard import browsers

pytestmark = pytest.mark.django_db
CODE = "/dashboard/code/"


def issue() -> str:
    (issued,) = codes.issue(CodeTerms(5 * USD, "a test", most_uses=2), count=1, now=timezone.now())
    return issued.text


class TestRedeem:
    def test_adds_the_credit_and_says_so(self, alice):
        browser = browsers.of(alice)

        assert browser.post(CODE, {"code": f" {issue().lower()} "}).goes_to == "/dashboard/"
        page = browser.get("/dashboard/")
        assert "$5.00 added." in page.text
        assert "$25.00" in page.text
        assert "added." not in browser.get("/dashboard/").text

    def test_adds_it_once(self, alice):
        browser, code = browsers.of(alice), issue()
        browser.post(CODE, {"code": code})

        page = browser.post(CODE, {"code": code})
        assert (page.status, "You have redeemed this code before." in page.text) == (409, True)
        assert alice.wallet().balance_nanos == 25 * USD

    @pytest.mark.parametrize("typed", ["", "x", "\x00", "<script>", "9" * 5000])
    def test_refuses_what_is_no_code(self, alice, typed):
        page = browsers.of(alice).post(CODE, {"code": typed})

        assert page.status == 422
        assert "<script>" not in page.html
        assert not Redemption.objects.exists()

    def test_refuses_a_code_that_was_never_issued(self, alice):
        assert browsers.of(alice).post(CODE, {"code": code_format.generate()}).status == 404

    def test_is_for_payers_only(self, alice):
        bob = browsers.of_user(browsers.colleague(alice))

        assert (bob.get(CODE).status, bob.post(CODE, {"code": issue()}).status) == (403, 403)
        assert not Redemption.objects.exists()
