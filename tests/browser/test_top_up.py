"""A customer buys credit on the providers' pages and sees it arrive."""

from playwright.sync_api import Browser

from billing.money import parse_usd
from tests.browser.conftest import Visit
from tests.whole_service import WholeService


def available(visit: Visit) -> int:
    """What the overview shows, exact to the nano."""
    visit.open("/dashboard/")
    title = visit.page.locator(".stats .money").first.get_attribute("title") or ""
    return parse_usd(title.removeprefix("$"))


class TestTopUp:
    def test_with_stripe_and_alipay_is_credit_at_once(self, visit: Visit, service: WholeService):
        visit.sign_in()
        before = available(visit)
        visit.follow("Top up")
        visit.press("Pay $20.00 with Stripe")
        visit.page.wait_for_url(f"{service.stripe.url}/**")
        visit.press("Pay $20.00")
        visit.sees("$20.00 added")

        visit.follow("Top up")
        visit.follow("Alipay")
        visit.follow("¥100.00")
        visit.press("Pay ¥100.00 with Alipay")
        visit.page.wait_for_url(f"{service.alipay.url}/**")
        visit.press("Pay ¥100.00")
        visit.sees("$13.88 added")
        assert "sign=" not in visit.page.url

        assert available(visit) - before == 33_888_888_888
        assert "Paid" in visit.text
        assert visit.complaints == []
        service.audit()

    def test_is_one_however_fast_somebody_clicks(self, visit: Visit, service: WholeService):
        visit.sign_in()
        visit.open("/dashboard/top-up/?provider=stripe&amount=7")
        visit.page.get_by_role("button", name="Pay $7.00 with Stripe").dblclick()
        visit.page.wait_for_url(f"{service.stripe.url}/**")

        assert service.rows("select count(*) from top_up where amount_minor = 700") == [(1,)]

    def test_left_on_the_way_can_be_gone_on_with(self, visit: Visit, service: WholeService):
        visit.sign_in()
        visit.open("/dashboard/top-up/?provider=stripe&amount=8")
        visit.press("Pay $8.00 with Stripe")
        visit.press("Try a card that is declined")
        visit.sees("Your card was declined")
        visit.press("Go back without paying")
        visit.sees("You came back without paying")
        visit.follow("Continue to Stripe")
        visit.press("Pay $8.00")
        visit.sees("$8.00 added")

    def test_by_code_appears_on_the_page_that_shows_the_code(
        self, chromium: Browser, phone: Visit, service: WholeService
    ):
        phone.sign_in()
        phone.open("/dashboard/top-up/?provider=alipay&amount=90")
        phone.press("Show a QR code instead")
        phone.page.locator("svg.qr").wait_for()

        ((code,),) = service.rows("select qr_code from top_up where amount_minor = 9000")
        with chromium.new_context() as scanner:
            page = scanner.new_page()
            page.goto(code)
            page.get_by_role("button", name="Pay ¥90.00").click()
        phone.sees("$12.50 added")


class TestPhone:
    def test_needs_no_script_and_scrolls_nothing_sideways(self, phone: Visit, service: WholeService):
        phone.open("/dashboard/sign-in/")
        assert phone.fits()
        phone.sign_in()
        for path in (
            "/dashboard/",
            "/dashboard/top-ups/",
            "/dashboard/statements/",
            "/dashboard/auto-top-up/",
            "/dashboard/code/",
            "/dashboard/top-up/?provider=alipay",
            "/dashboard/top-up/?amount=1",
        ):
            phone.open(path)
            assert phone.fits(), path
        phone.open("/dashboard/top-up/?provider=alipay&amount=50")
        phone.press("Pay ¥50.00 with Alipay")
        phone.press("Log in and pay later")
        phone.sees("Waiting for Alipay")
        assert phone.fits()
        assert service.rows("select method from top_up where amount_minor = 5000") == [("wap",)]
        assert phone.complaints == []
