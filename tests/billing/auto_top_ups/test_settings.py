"""What customers may agree to, and how they end it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import NotFound, Refused, Unacceptable
from billing.models import AutoTopUp, SavedCard
from billing.services import customers
from billing.services.auto_top_ups import settings
from tests import cast
from tests.billing.auto_top_ups.agreements import agree, person
from tests.cast import USD

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def card_of(who: cast.Player, **changes: Any) -> SavedCard:
    card: dict[str, Any] = {
        "card_id": f"pm_{uuid7().hex}",
        "brand": "visa",
        "last4": "4242",
        "expires_month": 12,
        "expires_year": 2034,
        "saved_at": timezone.now(),
    }
    return SavedCard.objects.create(customer_id=who.id, id=uuid7(), **(card | changes))


class TestAgree:
    def test_remembers_who_agreed_to_what(self, alice: cast.Player):
        card, now = card_of(alice), timezone.now()
        agree(alice, card, now=now)
        auto = settings.find(customer_id=alice.id)
        assert auto is not None
        assert (auto.enabled, auto.threshold_nanos, auto.amount_minor) == (True, 5 * USD, 2000)
        assert (auto.saved_card_id, auto.agreed_at, auto.agreed_by) == (card.id, now, person(alice))

    def test_changes_the_terms(self, alice: cast.Player):
        agree(alice, card_of(alice))
        second = card_of(alice)
        agree(alice, second, amount=5000, threshold=10 * USD)
        auto = AutoTopUp.objects.get()
        assert (auto.amount_minor, auto.saved_card_id) == (5000, second.id)

    @pytest.mark.parametrize(
        ("field", "terms"),
        [
            ("amount", {"amount": 499}),
            ("amount", {"amount": 200_001}),
            ("amount", {"amount": -1}),
            ("threshold", {"threshold": USD - 1}),
            ("threshold", {"threshold": 20 * USD + 1}),
            ("monthly_cap", {"cap": 1999}),
            ("monthly_cap", {"cap": 100_000_001}),
        ],
    )
    def test_refuses_terms_out_of_range(self, alice: cast.Player, field: str, terms: dict[str, Any]):
        with pytest.raises(Unacceptable) as refused:
            agree(alice, card_of(alice), **terms)
        assert (refused.value.extra["field"], refused.value.http_status) == (field, 422)
        assert not AutoTopUp.objects.exists()

    def test_finds_no_card_of_somebody_else(self, alice: cast.Player):
        charlies = card_of(cast.player("Charlie"))
        for card in (charlies.id, uuid7(), card_of(alice, removed_at=timezone.now()).id):
            with pytest.raises(NotFound):
                agree(alice, card)
        assert not AutoTopUp.objects.exists()

    def test_is_bound_to_a_card_of_the_customer_by_the_database(self, alice: cast.Player):
        agree(alice, card_of(alice))
        charlies = card_of(cast.player("Charlie"))
        with pytest.raises(IntegrityError), transaction.atomic():
            AutoTopUp.objects.update(saved_card_id=charlies.id)

    def test_refuses_who_is_frozen(self, alice: cast.Player):
        card = card_of(alice)
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        with pytest.raises(Refused) as refused:
            agree(alice, card)
        assert refused.value.code == "customer_frozen"

    def test_ends_a_suspension_and_a_pause(self, alice: cast.Player):
        card, now = card_of(alice), timezone.now()
        agree(alice, card)
        AutoTopUp.objects.update(
            suspended_at=now, suspended_reason="card_declined", next_check_at=now + timedelta(days=9)
        )
        auto = agree(alice, card)
        assert (auto.suspended_at, auto.suspended_reason, auto.next_check_at) == (None, "", None)


class TestSwitchOff:
    def test_ends_it_once(self, alice: cast.Player):
        agree(alice, card_of(alice))
        now = timezone.now()
        assert [settings.switch_off(customer_id=alice.id, now=now) for _ in range(2)] == [True, False]
        assert not AutoTopUp.objects.get().enabled

    def test_of_nothing_is_nothing(self, alice: cast.Player):
        assert not settings.switch_off(customer_id=alice.id, now=timezone.now())
        assert settings.find(customer_id=alice.id) is None
