"""Who sees which page: strangers nothing, developers no way to pay, and nobody without the right method."""

import pytest
from django.test import Client

from accounts.models import Membership, User
from billing.models import TopUp
from tests.billing.top_ups import purchases
from tests.dashboard import browsers
from tests.dashboard.browsers import TOP_UP

pytestmark = pytest.mark.django_db
PAGES = ["/dashboard/", TOP_UP, "/dashboard/top-ups/"]


class TestStrangers:
    @pytest.mark.parametrize("path", [*PAGES, "/dashboard/top-ups/01a20b6e-656a-77e9-a8b5-ace34b67825d/"])
    def test_are_asked_to_sign_in(self, path):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/dashboard/sign-in/")

    def test_who_send_a_form_come_back_to_the_overview(self):
        assert Client().post(TOP_UP)["Location"] == "/dashboard/sign-in/?next=/dashboard/"

    def test_without_a_customer_are_told_so(self):
        user = User.objects.create_user("eve@example.com")

        page = browsers.of_user(user).get("/dashboard/")
        assert (page.status, "belongs to no customer" in page.text) == (403, True)


class TestOthersTopUps:
    def test_are_not_there(self, alice, charlie, stripe):
        top_up = purchases.begin(alice)
        asked = stripe.fetched

        page = browsers.of(charlie).get(f"/dashboard/top-ups/{top_up.id}/")
        assert (page.status, "alice" in page.text.lower()) == (404, False)
        assert stripe.fetched == asked

    def test_are_in_no_list(self, alice, charlie, stripe):
        top_up = purchases.begin(alice)

        for path in ["/dashboard/", "/dashboard/top-ups/", f"/dashboard/top-ups/?before={top_up.id}"]:
            assert str(top_up.id) not in browsers.of(charlie).get(path).html.replace(
                f"before={top_up.id}", ""
            )

    def test_cannot_be_bought_for_others(self, alice, charlie, stripe):
        form = browsers.of(alice).get(TOP_UP).hidden()

        browsers.of(charlie).post(TOP_UP, form | {"customer": str(alice.id), "customer_id": str(alice.id)})
        assert [top_up.customer_id for top_up in TopUp.objects.all()] == [charlie.id]

    def test_are_shown_to_colleagues_whichever_customer_they_look_at(self, alice, charlie, stripe):
        top_up = purchases.begin(alice)
        bob = browsers.colleague(alice)
        browsers.colleague(charlie, email=bob.email)
        browser = browsers.of_user(bob)
        browser.post("/dashboard/customer/", {"customer": str(charlie.id)})

        page = browser.get(f"/dashboard/top-ups/{top_up.id}/")
        assert page.status == 200
        assert "For Alice" in page.text


class TestRoles:
    @pytest.mark.parametrize("role", ["owner", "admin", "billing"])
    def test_that_pay(self, alice, stripe, role):
        browser = browsers.of_user(browsers.colleague(alice, role))

        assert browser.buy("stripe", "20").goes_to.startswith("https://pay.example/")
        assert TopUp.objects.get().email == "bob@example.com"

    def test_of_a_developer_only_looks(self, alice, stripe):
        form = browsers.of(alice).get(TOP_UP).hidden()
        browser = browsers.of_user(browsers.colleague(alice, Membership.Role.DEVELOPER))

        assert browser.get("/dashboard/").status == 200
        assert TOP_UP not in browser.get("/dashboard/").html
        assert browser.get(TOP_UP).status == browser.post(TOP_UP, form).status == 403
        assert not TopUp.objects.exists()


class TestForms:
    @pytest.mark.parametrize("path", [TOP_UP, "/dashboard/customer/", "/dashboard/sign-out/"])
    def test_need_their_token(self, alice, stripe, path):
        client = Client(enforce_csrf_checks=True)
        client.force_login(browsers.user_of(alice))

        assert client.post(path, {"provider": "stripe", "amount": "20"}).status_code == 403
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize("path", [TOP_UP, "/dashboard/customer/", "/dashboard/sign-out/"])
    def test_know_no_other_method(self, alice, stripe, method, path):
        assert browsers.of(alice).client.generic(method, path).status_code in {200, 405}
        assert not TopUp.objects.exists()


class TestHeaders:
    @pytest.mark.parametrize("path", [*PAGES, "/dashboard/customer/"])
    def test_forbid_frames_scripts_and_copies(self, alice, stripe, path):
        answer = browsers.of(alice).client.get(path)
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Frame-Options"] == "DENY"
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "unsafe" not in policy

    def test_let_forms_lead_to_the_providers_in_use_only(self, alice, stripe, settings):
        settings.STRIPE_API_BASE = "http://127.0.0.1:4242/v1"
        settings.ALIPAY_GATEWAY = "https://openapi.alipay.com/gateway.do"

        policy = browsers.of(alice).client.get(TOP_UP)["Content-Security-Policy"]
        assert policy.partition("form-action ")[2].split() == [
            "'self'",
            "https://*.stripe.com",
            "https://*.alipay.com",
            "https://*.alipaydev.com",
            "http://127.0.0.1:4242",
            "https://openapi.alipay.com",
        ]

    def test_pages_bring_no_script(self, alice, stripe):
        for path in PAGES:
            html = browsers.of(alice).get(path).html
            assert "<script" not in html
            assert " style=" not in html
            assert " onclick=" not in html
