"""Coming in and going out, and choosing a customer."""

import pytest
from django.test import Client

from accounts.models import OperatorAction, User
from tests import cast
from tests.dashboard import browsers
from tests.dashboard.browsers import Browser, Page

pytestmark = pytest.mark.django_db
SIGN_IN, PASSWORD = "/dashboard/sign-in/", "correct horse battery"


def come_in(email: str, password: str = PASSWORD, **fields: str) -> tuple[Browser, Page]:
    browser = Browser(Client())
    return browser, browser.post(SIGN_IN, {"username": email, "password": password, **fields})


def with_password(who: cast.Player) -> User:
    user = browsers.user_of(who)
    user.set_password(PASSWORD)
    user.save()
    return user


class TestSignIn:
    def test_opens_the_overview_whatever_the_case_of_the_address(self, alice):
        with_password(alice)

        browser, page = come_in("Alice@Example.com")
        assert (page.status, page.goes_to) == (302, "/dashboard/")
        assert browser.get("/dashboard/").status == 200

    def test_goes_back_to_where_somebody_was_sent_away_from(self, alice):
        with_password(alice)

        sent_to = Browser(Client()).get("/dashboard/top-ups/?before=x").goes_to
        assert sent_to == "/dashboard/sign-in/?next=/dashboard/top-ups/%3Fbefore%3Dx"
        assert come_in("alice@example.com", next="/dashboard/top-ups/?before=x")[1].goes_to.endswith(
            "before=x"
        )

    def test_never_leads_to_another_site(self, alice):
        with_password(alice)

        assert come_in("alice@example.com", next="https://evil.example/")[1].goes_to == "/dashboard/"

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("alice@example.com", "wrong"),
            ("nobody@example.com", PASSWORD),
            ("alice@example.com\x00", PASSWORD),
            ("", ""),
            ("x" * 5000, PASSWORD),
        ],
    )
    def test_refuses_with_the_same_words_whoever_it_is(self, alice, email, password):
        with_password(alice)

        browser, page = come_in(email, password)
        assert page.status == 422
        assert browser.get("/dashboard/").status == 302

    def test_tells_operators_nothing_and_lets_none_in(self):
        User.objects.create_superuser("root@example.com", PASSWORD)

        browser, page = come_in("root@example.com")
        assert (page.status, "is not right" in page.text) == (422, True)
        assert browser.get("/admin/").status == 302
        assert OperatorAction.objects.count() == 0

    def test_refuses_who_was_switched_off(self, alice):
        user = with_password(alice)
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert come_in("alice@example.com")[1].status == 422

    def test_needs_the_token_of_its_form(self, alice):
        answer = Client(enforce_csrf_checks=True).post(SIGN_IN, {"username": "a", "password": "b"})
        assert answer.status_code == 403


class TestSignOut:
    def test_ends_the_session(self, alice):
        browser = browsers.of(alice)

        assert browser.post("/dashboard/sign-out/").goes_to == SIGN_IN
        assert browser.get("/dashboard/").status == 302

    def test_is_no_link(self, alice):
        browser = browsers.of(alice)

        assert browser.get("/dashboard/sign-out/").status == 405
        assert browser.get("/dashboard/").status == 200


class TestChooseCustomer:
    def test_shows_another_customer_of_the_same_user(self, alice):
        dora = cast.player("Dora", 3 * cast.USD)
        browsers.colleague(dora, email="alice@example.com")
        browser = browsers.of(alice)
        assert "$20.00" in browser.get("/dashboard/").text

        browser.post("/dashboard/customer/", {"customer": str(dora.id)})
        page = browser.get("/dashboard/")
        assert "$3.00" in page.text
        assert "$20.00" not in page.text

    def test_refuses_somebody_elses(self, alice, charlie):
        browser = browsers.of(charlie)

        assert browser.post("/dashboard/customer/", {"customer": str(alice.id)}).status == 404
        assert "$20.00" not in browser.get("/dashboard/").text

    @pytest.mark.parametrize("wanted", ["", "x", "\x00", "1" * 9999])
    def test_refuses_nonsense(self, alice, wanted):
        assert browsers.of(alice).post("/dashboard/customer/", {"customer": wanted}).status == 404

    def test_is_forgotten_with_the_membership(self, alice):
        dora = cast.player("Dora", 3 * cast.USD)
        browsers.colleague(dora, email="alice@example.com")
        browser = browsers.of(alice)
        browser.post("/dashboard/customer/", {"customer": str(dora.id)})

        dora.customer.memberships.filter(user__email="alice@example.com").delete()
        assert "$20.00" in browser.get("/dashboard/").text
