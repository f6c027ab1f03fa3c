"""Buying credit on the page: what is shown is what is bought, once for each form."""

import pytest
from django.utils import timezone

from accounts.services import customers
from billing.models import TopUp
from billing.payments import registry
from billing.payments.names import ProviderName
from tests.billing.top_ups import purchases
from tests.cast import LONG_AGO, USD
from tests.dashboard import browsers
from tests.dashboard.browsers import TOP_UP

pytestmark = pytest.mark.django_db
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"}


class TestTerms:
    def test_show_the_usual_amount_first(self, alice, stripe):
        page = browsers.of(alice).get(TOP_UP)

        assert "You pay $20.00 Credit $20.00 Save this card" in page.text
        assert "Pay $20.00 with Stripe" in page.text
        assert "$5.00 to $2,000.00" in page.text

    def test_show_rate_and_credit_of_a_payment_in_yuan(self, alice, alipay):
        purchases.rate()

        page = browsers.of(alice).get(f"{TOP_UP}?provider=alipay&amount=100")
        assert "You pay ¥100.00 Rate, fixed when you pay ¥7.20 per $1 Credit $13.88" in page.text
        assert 'title="$13.888888888"' in page.html

    def test_show_the_bonus(self, alice, stripe):
        purchases.bonus((50 * USD, 50_000), days=90)

        assert "$100.00 + $5.00 bonus" in browsers.of(alice).get(TOP_UP).text
        page = browsers.of(alice).get(f"{TOP_UP}?amount=60.5")
        assert "You pay $60.50 Credit $60.50 Bonus, good for 90 days $3.02" in page.text

    @pytest.mark.parametrize("typed", ["$20", "20.00", " 20 ", "020"])
    def test_read_what_people_type(self, alice, stripe, typed):
        assert "Pay $20.00 with Stripe" in browsers.of(alice).get(f"{TOP_UP}?amount={typed}").text

    @pytest.mark.parametrize(
        "typed",
        [
            "4.99",
            "2000.01",
            "0",
            "-20",
            "1e3",
            "NaN",
            "20.001",
            "1,000",
            "\uff12\uff10",
            "%00",
            "9" * 400,
            "<b>",
            "20.",
        ],
    )
    def test_sell_nothing_for_what_is_no_amount(self, alice, stripe, typed):
        page = browsers.of(alice).get(f"{TOP_UP}?amount={typed}")

        assert page.status == 200
        assert "aria-invalid" in page.html
        assert "Pay $" not in page.text
        assert "<b>" not in page.html

    def test_hide_alipay_without_a_rate(self, alice, stripe, alipay):
        page = browsers.of(alice).get(f"{TOP_UP}?provider=alipay&amount=100")

        assert "Alipay" not in page.text
        assert "Pay $100.00 with Stripe" in page.text

    def test_hide_a_provider_without_keys(self, alice, alipay, monkeypatch):
        monkeypatch.setitem(registry._MAKERS, ProviderName.STRIPE, lambda: None)
        registry._made.cache_clear()
        purchases.rate()

        page = browsers.of(alice).get(TOP_UP)
        assert "Stripe" not in page.text
        assert "Pay ¥100.00 with Alipay" in page.text

    def test_say_so_where_nothing_can_be_paid_with(self, alice, monkeypatch, alipay):
        monkeypatch.setitem(registry._MAKERS, ProviderName.STRIPE, lambda: None)
        registry._made.cache_clear()

        assert browsers.of(alice).get(TOP_UP).status == 503


class TestBuy:
    def test_leads_to_the_checkout_of_what_was_shown(self, alice, stripe):
        purchases.bonus((50 * USD, 50_000))

        page = browsers.of(alice).buy("stripe", "60.50")
        top_up = TopUp.objects.get()
        assert (page.status, page.goes_to) == (302, top_up.checkout_url)
        assert (top_up.amount_minor, top_up.credit_nanos) == (6050, 60_500_000_000)
        assert (top_up.bonus_nanos, top_up.method) == (3_025_000_000, "checkout")
        assert (top_up.user_id, top_up.email) == (browsers.user_of(alice).id, "alice@example.com")
        (order,) = stripe.orders.values()
        assert order.return_url.endswith(f"/dashboard/top-ups/{top_up.id}/")

    @pytest.mark.parametrize(
        ("method", "headers", "expected"),
        [
            ("", {}, "page"),
            ("", PHONE, "wap"),
            ("", {"Sec-CH-UA-Mobile": "?1"}, "wap"),
            ("", {"Sec-CH-UA-Mobile": "?0"} | PHONE, "page"),
            ("qr", PHONE, "qr"),
            ("saved_card", {}, "page"),
        ],
    )
    def test_asks_alipay_for_the_page_that_fits_the_device(self, alice, alipay, method, headers, expected):
        purchases.rate()

        browsers.of(alice).buy("alipay", "100", method=method, **headers)
        assert TopUp.objects.get().method == expected

    def test_is_one_top_up_however_often_the_button_is_pressed(self, alice, stripe):
        browser = browsers.of(alice)
        form = browser.get(TOP_UP).hidden()

        pages = [browser.post(TOP_UP, form) for _ in range(3)]
        assert len({page.goes_to for page in pages}) == 1
        assert TopUp.objects.count() == stripe.started == 1

    def test_is_another_one_with_another_form(self, alice, stripe):
        browser = browsers.of(alice)

        assert browser.get(TOP_UP).hidden()["key"] != browser.get(TOP_UP).hidden()["key"]
        assert browser.buy("stripe", "20").goes_to != browser.buy("stripe", "20").goes_to

    def test_shows_the_payment_where_the_form_was_paid_for(self, alice, stripe):
        browser = browsers.of(alice)
        form = browser.get(TOP_UP).hidden()
        browser.post(TOP_UP, form)
        top_up = TopUp.objects.get()
        stripe.pay(top_up.object_id)
        purchases.look(top_up)

        assert browser.post(TOP_UP, form).goes_to == f"/dashboard/top-ups/{top_up.id}/"

    def test_shows_new_terms_before_anything_is_sold_at_them(self, alice, alipay):
        purchases.rate()
        browser = browsers.of(alice)
        form = browser.get(f"{TOP_UP}?provider=alipay&amount=100").hidden()
        purchases.rate(7_300_000, at=timezone.now())

        page = browser.post(TOP_UP, form)
        assert (page.status, "terms have changed" in page.text) == (409, True)
        assert "¥7.30 per $1" in page.text
        assert not TopUp.objects.exists()
        assert browser.post(TOP_UP, page.hidden()).status == 302

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": "21"},
            {"amount": "1"},
            {"amount": "2000.01"},
            {"agreed": ""},
            {"agreed": "9+9"},
            {"provider": "alipay"},
            {"provider": "\x00"},
        ],
    )
    def test_refuses_what_was_not_shown(self, alice, stripe, changes):
        browser = browsers.of(alice)

        page = browser.post(TOP_UP, browser.get(TOP_UP).hidden() | changes)
        assert page.status in {409, 422}
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("key", ["", "x", "\x00", "k" * 5000])
    def test_bears_any_key(self, alice, stripe, key):
        browser = browsers.of(alice)

        assert browser.post(TOP_UP, browser.get(TOP_UP).hidden() | {"key": key}).status == 302

    def test_refuses_a_key_that_bought_something_else(self, alice, stripe):
        browser = browsers.of(alice)
        form = browser.get(TOP_UP).hidden()
        browser.post(TOP_UP, form)

        other = browser.get(f"{TOP_UP}?amount=50").hidden()
        page = browser.post(TOP_UP, other | {"key": form["key"]})
        assert (page.status, page.hidden()["key"] != form["key"]) == (409, True)
        assert TopUp.objects.count() == 1

    def test_goes_on_with_the_same_payment_after_silence(self, alice, stripe):
        browser = browsers.of(alice)
        stripe.loses_answers = True
        first = browser.buy("stripe", "20")
        assert (first.status, "does not answer" in first.text) == (503, True)

        stripe.loses_answers = False
        assert browser.post(TOP_UP, first.hidden()).status == 302
        assert TopUp.objects.count() == len(stripe.orders) == 1

    def test_says_that_the_provider_refused(self, alice, stripe):
        stripe.rejects = "account_invalid"

        page = browsers.of(alice).buy("stripe", "20")
        assert (page.status, "refused to begin" in page.text) == (422, True)
        assert "account_invalid" not in page.text

    def test_is_refused_to_who_is_frozen(self, alice, stripe):
        form = browsers.of(alice).get(TOP_UP).hidden()
        customers.freeze(customer_id=alice.id, reason="an operator's own words", now=LONG_AGO)

        page = browsers.of(alice).post(TOP_UP, form)
        assert page.status == 403
        assert "operator's own words" not in page.text
        assert not TopUp.objects.exists()
