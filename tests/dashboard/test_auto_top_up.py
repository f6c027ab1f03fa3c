"""Automatic top-ups on the page: nothing without a card and a yes, and both can be taken back."""

from uuid import UUID

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import AutoTopUp, SavedCard, TopUp
from tests.billing.top_ups import purchases
from tests.cast import Player
from tests.dashboard import browsers
from tests.dashboard.browsers import TOP_UP, Browser, Page

pytestmark = pytest.mark.django_db
AUTO = "/dashboard/auto-top-up/"


def card(who: Player, card_id: str = "pm_1") -> UUID:
    saved = SavedCard.objects.create(
        customer_id=who.id,
        id=uuid7(),
        card_id=card_id,
        brand="visa",
        last4="4242",
        expires_month=12,
        expires_year=2030,
        saved_at=timezone.now(),
    )
    return saved.id


def agree(browser: Browser, card_id: UUID | str, **changes: str) -> Page:
    terms = {"threshold": "5", "amount": "20", "monthly_cap": "100", "card": str(card_id)}
    return browser.post(AUTO, {"action": "agree", **terms, **changes})


class TestAgree:
    def test_switches_on_what_was_typed(self, alice, stripe):
        browser, card_id = browsers.of(alice), card(alice)

        assert agree(browser, card_id, threshold="$7.50").goes_to == AUTO
        auto = AutoTopUp.objects.get()
        assert (auto.enabled, auto.threshold_nanos, auto.amount_minor) == (True, 7_500_000_000, 2000)
        assert (auto.monthly_cap_minor, auto.saved_card_id) == (10_000, card_id)
        assert auto.agreed_by == browsers.user_of(alice)
        page = browser.get(AUTO)
        assert "Automatic top-ups are on." in page.text
        assert 'value="7.5"' in page.html

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"amount": "4.99"}, "Must be from 5.00 to 2000.00 USD."),
            ({"amount": "x"}, "Type an amount in digits"),
            ({"amount": "9" * 400}, "Type an amount in digits"),
            ({"threshold": "0.99"}, "Must be from 1 USD to the amount of a top-up."),
            ({"threshold": "21"}, "Must be from 1 USD to the amount of a top-up."),
            ({"monthly_cap": "19"}, "Must be from the amount of a top-up"),
            ({"card": ""}, "Choose a card."),
            ({"card": "\x00"}, "Choose a card."),
        ],
    )
    def test_says_what_cannot_be(self, alice, stripe, changes, words):
        page = agree(browsers.of(alice), card(alice), **changes)

        assert (page.status, words in page.text) == (422, True)
        assert not AutoTopUp.objects.exists()

    def test_knows_no_card_of_others(self, alice, charlie, stripe):
        card(charlie)

        assert agree(browsers.of(charlie), card(alice)).status == 404
        assert not AutoTopUp.objects.exists()

    def test_shows_cards_of_nobody_else(self, alice, charlie, stripe):
        card(alice)

        page = browsers.of(charlie).get(AUTO)
        assert "4242" not in page.text
        assert "No card is saved yet" in page.text

    def test_is_for_payers_only(self, alice, stripe):
        card_id = card(alice)

        bob = browsers.of_user(browsers.colleague(alice))
        assert (bob.get(AUTO).status, agree(bob, card_id).status) == (403, 403)
        assert not AutoTopUp.objects.exists()


class TestTakeBack:
    def test_switches_off(self, alice, stripe):
        browser = browsers.of(alice)
        agree(browser, card(alice))

        browser.post(AUTO, {"action": "switch_off"})
        assert not AutoTopUp.objects.get().enabled
        assert "Switch automatic top-ups on" in browser.get(AUTO).text

    def test_removes_a_card_and_says_what_that_stops(self, alice, stripe):
        browser, first, second = browsers.of(alice), card(alice), card(alice, "pm_2")
        agree(browser, first)

        browser.post(AUTO, {"action": "remove_card", "card": str(first)})
        page = browser.get(AUTO)
        assert "Suspended since" in page.text
        assert "its card was removed" in page.text
        assert str(first) not in page.html
        assert str(second) in page.html

    def test_can_be_switched_off_without_any_card(self, alice, stripe):
        browser, card_id = browsers.of(alice), card(alice)
        agree(browser, card_id)
        browser.post(AUTO, {"action": "remove_card", "card": str(card_id)})

        assert 'value="switch_off"' in browser.get(AUTO).html

    def test_removes_nobody_elses(self, alice, charlie, stripe):
        card_id = card(alice)

        for wanted in (str(card_id), "", "x", "\x00"):
            page = browsers.of(charlie).post(AUTO, {"action": "remove_card", "card": wanted})
            assert page.status == 404
        assert SavedCard.objects.get().removed_at is None

    def test_does_nothing_for_an_unknown_button(self, alice, stripe):
        assert browsers.of(alice).post(AUTO, {"action": "drop"}).goes_to == AUTO


class TestSaveCard:
    @pytest.mark.parametrize("asked", [True, False])
    def test_is_asked_for_where_somebody_said_so(self, alice, stripe, asked):
        browser = browsers.of(alice)

        browser.post(TOP_UP, browser.get(TOP_UP).hidden() | ({"save_card": "on"} if asked else {}))
        assert TopUp.objects.get().save_card is asked

    def test_has_no_meaning_with_alipay(self, alice, alipay):
        purchases.rate()
        browser = browsers.of(alice)
        form = browser.get(f"{TOP_UP}?provider=alipay").hidden()

        assert browser.post(TOP_UP, form | {"save_card": "on"}).status == 302
        assert TopUp.objects.get().save_card is False
