"""Operators' pages of payments: found, asked about again, tried again, answered for; offers set with care."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.errors import Unacceptable
from billing.models import BonusPlan, ExchangeRate, PaymentAlert, ProviderEvent
from billing.services.top_ups import inbox, set_offers
from billing.services.top_ups.set_offers import Tier
from tests import cast, operators
from tests.billing.top_ups.purchases import again, begin, books, look, rate
from tests.cast import USD
from tests.operators import act, recorded
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    answer = client.get(f"/admin/{address}")
    assert answer.status_code == 200
    return answer.content.decode()


def quarantined(stripe: StandIn, **said: str) -> ProviderEvent:
    body, headers = stripe.message(foreign="account", **said)
    now = timezone.now()
    message = stripe.read_message(body, headers, now=now)
    stored = inbox.store(provider="stripe", message=message, body=body, headers=headers, now=now)
    return ProviderEvent.objects.get(id=stored.event_id)


class TestTopUps:
    @pytest.mark.parametrize("name", ["id", "reference", "object_id", "payment_id"])
    def test_are_found_by_whatever_they_are_called(self, stripe: StandIn, name: str):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        look(top_up)
        named = getattr(again(top_up), name)
        assert f"billing/topup/{alice.id}/{top_up.id}/" in page(
            operators.root(), f"billing/topup/?payment={named}"
        )

    def test_show_all_of_one(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, amount_minor=1)
        look(top_up)
        shown = page(operators.root(), f"billing/topup/{alice.id}/{top_up.id}/")
        for word in ("20.00 USD", top_up.object_id, "wrong_amount", "open"):
            assert word in shown
        assert str(top_up.id)[-12:] in page(
            operators.root("two@example.com"), f"billing/topup/?customer={alice.id}"
        )


class TestCheck:
    def test_credits_what_was_paid_and_is_recorded(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        root = operators.root()
        address = f"/admin/billing/topup/{alice.id}/{top_up.id}/check/"
        assert root.get(address).status_code == 200
        assert books(alice) == (0, 0, 0)
        told = root.post(address, follow=True).content.decode()
        assert "Paid, and credited now" in told
        assert "shows it as paid" in root.post(address, follow=True).content.decode()
        assert books(alice) == (20 * USD, 1, 1)
        assert recorded() == ["check_payment", "check_payment"]

    def test_tells_of_a_mismatch_and_of_a_provider_that_is_away(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, currency="CNY")
        root = operators.root()
        address = f"/admin/billing/topup/{alice.id}/{top_up.id}/check/"
        assert "wrong_currency" in root.post(address, follow=True).content.decode()
        stripe.is_away = True
        assert "does not answer" in root.post(address, follow=True).content.decode()

    def test_is_refused_without_its_permission(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        staff = operators.staff("billing.view_topup")
        assert staff.post(f"/admin/billing/topup/{alice.id}/{top_up.id}/check/").status_code == 403
        assert "check/" not in page(staff, f"billing/topup/{alice.id}/{top_up.id}/")


class TestEvents:
    def test_are_handled_again(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        event = quarantined(stripe, object_id=top_up.object_id)
        told = act(operators.root(), "billing/providerevent", "replay", event.pk)
        assert f"{event.event_id}: done".capitalize() in told
        assert books(alice) == (20 * USD, 1, 1)
        assert recorded() == ["replay_payment_event"]
        assert "not in quarantine" in act(
            operators.root("two@example.com"), "billing/providerevent", "replay", event.pk
        )

    def test_are_resolved_with_a_reason(self, stripe: StandIn):
        event = quarantined(stripe, object_id="cs_other")
        root = operators.root()
        assert "resolved" not in act(root, "billing/providerevent", "resolve", event.pk, reason=" ")
        act(root, "billing/providerevent", "resolve", event.pk, reason="a test of theirs")
        event.refresh_from_db()
        assert (event.state, event.resolution) == ("ignored", "a test of theirs")
        assert recorded() == ["resolve_payment_event"]

    def test_show_what_was_signed(self, stripe: StandIn):
        event = quarantined(stripe, object_id="cs_other")
        assert "cs_other" in page(operators.root(), f"billing/providerevent/{event.pk}/change/")


class TestAlerts:
    def test_are_answered_once_and_stay_answered(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, amount_minor=1)
        look(top_up)
        alert = PaymentAlert.objects.get()
        root = operators.root()
        assert "not what was asked for" in page(root, "")
        assert alert.code in page(root, f"billing/paymentalert/{alert.pk}/change/")
        act(root, "billing/paymentalert", "answer", alert.pk, reason="refunded by hand")
        act(root, "billing/paymentalert", "answer", alert.pk, reason="again")
        look(top_up)
        assert PaymentAlert.objects.get().resolution == "refunded by hand"
        assert recorded() == ["answer_payment_alert"]
        assert "not what was asked for" not in page(root, "")


class TestSetOffers:
    def test_shows_a_rate_before_it_is_set(self):
        rate(7_200_000)
        root = operators.root()
        filled = {"rate": "7.0", "effective_in_minutes": "0", "reason": "market"}
        shown = root.post("/admin/billing/exchangerate/set/", filled).content.decode()
        assert "14.285714285" in shown
        assert ExchangeRate.objects.count() == 1
        confirmed = shown.split('name="confirmed" value="')[1].split('"')[0]

        changed = root.post(
            "/admin/billing/exchangerate/set/", filled | {"rate": "6.9", "confirmed": confirmed}
        )
        assert changed.status_code == 200
        assert ExchangeRate.objects.count() == 1
        assert (
            root.post("/admin/billing/exchangerate/set/", filled | {"confirmed": confirmed}).status_code
            == 302
        )
        assert ExchangeRate.objects.latest("effective_at").cny_per_usd_micros == 7_000_000
        assert recorded() == ["set_exchange_rate"]

    def test_shows_bonuses_before_they_are_set(self):
        root = operators.root()
        filled = {
            "tiers": "50 5\n100 10%\n",
            "expires_days": "",
            "effective_in_minutes": "5",
            "reason": "autumn",
        }
        shown = root.post("/admin/billing/bonusplan/set/", filled).content.decode()
        assert "50: 2.5, 100: 10, 200: 20" in shown
        confirmed = shown.split('name="confirmed" value="')[1].split('"')[0]
        root.post("/admin/billing/bonusplan/set/", filled | {"confirmed": confirmed})
        plan = BonusPlan.objects.get()
        assert plan.tiers == [
            {"from_nanos": 50 * USD, "bonus_ppm": 50_000},
            {"from_nanos": 100 * USD, "bonus_ppm": 100_000},
        ]
        assert "from $50: 5 %" in page(root, "billing/bonusplan/")

    @pytest.mark.parametrize("kind", ["exchangerate", "bonusplan"])
    def test_needs_its_permission(self, kind: str):
        staff = operators.staff(f"billing.view_{kind}")
        assert staff.post(f"/admin/billing/{kind}/set/", {}).status_code == 403
        assert "/set/" not in page(staff, f"billing/{kind}/")

    @pytest.mark.parametrize("micros", [0, 2_999_999, 20_000_001, 5_759_999, 8_640_001])
    def test_refuses_rates_that_are_a_slip(self, micros: int):
        rate(7_200_000)
        now = timezone.now()
        root = operators.person()
        with pytest.raises(Unacceptable):
            set_offers.set_rate(
                cny_per_usd_micros=micros, effective_at=now, reason="x", author_id=root.pk, now=now
            )
        with pytest.raises(Unacceptable, match="past"):
            set_offers.set_rate(
                cny_per_usd_micros=7_200_000,
                effective_at=now - timedelta(seconds=1),
                reason="x",
                author_id=root.pk,
                now=now,
            )

    @pytest.mark.parametrize(
        "tiers",
        [
            [Tier(0, 1)],
            [Tier(2, 1), Tier(1, 1)],
            [Tier(1, 1), Tier(1, 2)],
            [Tier(1, 0)],
            [Tier(1, 1_000_001)],
        ],
    )
    def test_refuses_tiers_that_make_no_sense(self, tiers: list[Tier]):
        now = timezone.now()
        with pytest.raises(Unacceptable):
            set_offers.set_plan(
                tiers=tiers,
                expires_days=None,
                effective_at=now,
                reason="x",
                author_id=operators.person().pk,
                now=now,
            )
