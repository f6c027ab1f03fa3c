"""Saved cards: kept once when a payment saves one, removed for good unless their owner saves them again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import NotFound
from billing.models import AutoTopUp, Mail, Payer, SavedCard, TopUp
from billing.payments import registry
from billing.payments.protocol import Lookup, Payment
from billing.services.auto_top_ups import cards
from tests import cast
from tests.billing.auto_top_ups.agreements import agree, pay_and_save, save_card
from tests.billing.top_ups.purchases import begin, look
from tests.sandbox_servers import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def shown(top_up: TopUp) -> Payment:
    payment = registry.get("stripe").fetch(Lookup(object_id=top_up.object_id))
    assert payment is not None
    return payment


class TestKeep:
    def test_keeps_a_card_with_its_payer_once(self, alice: cast.Player, stripe: Control):
        top_up = pay_and_save(alice, stripe)
        look(top_up)
        card, payer = SavedCard.objects.get(), Payer.objects.get()
        assert (card.customer_id, card.brand, card.last4) == (alice.id, "visa", "4242")
        assert (payer.customer_id, payer.payer_id[:4]) == (alice.id, "cus_")
        assert [each.id for each in cards.page(customer_id=alice.id)] == [card.id]

    def test_keeps_no_card_that_nobody_asked_to_save(self, alice: cast.Player, stripe: Control):
        top_up = begin(alice)
        stripe.act("complete", session=top_up.object_id, how="pay")
        look(top_up)
        assert not SavedCard.objects.exists()

    def test_uses_one_payer_for_all_cards(self, alice: cast.Player, stripe: Control):
        first, second = save_card(alice, stripe), save_card(alice, stripe)
        assert first.id != second.id
        assert Payer.objects.count() == 1
        assert [each.id for each in cards.page(customer_id=alice.id)] == [second.id, first.id]

    def test_keeps_no_card_of_another_payer(self, alice: cast.Player, stripe: Control):
        top_up = pay_and_save(alice, stripe)
        payment = shown(top_up)
        assert payment.card is not None
        foreign = replace(payment, card=replace(payment.card, payer="cus_other", card_id="pm_other"))
        cards.keep(top_up, foreign, timezone.now())
        assert SavedCard.objects.count() == 1

    def test_keeps_no_payer_of_another_customer(self, alice: cast.Player, stripe: Control):
        payment = shown(pay_and_save(alice, stripe))
        charlies = pay_and_save(cast.player("Charlie"), stripe)
        before = SavedCard.objects.count()
        cards.keep(charlies, payment, timezone.now())
        assert SavedCard.objects.count() == before


class TestRemove:
    def test_stops_what_used_it_and_sends_no_mail(self, alice: cast.Player, stripe: Control):
        card, other = save_card(alice, stripe), save_card(alice, stripe)
        agree(alice, card)
        cards.remove(customer_id=alice.id, saved_card_id=other.id, now=timezone.now())
        assert AutoTopUp.objects.get().suspended_at is None
        for _ in range(2):
            cards.remove(customer_id=alice.id, saved_card_id=card.id, now=timezone.now())
        assert AutoTopUp.objects.get().suspended_reason == "card_removed"
        assert cards.page(customer_id=alice.id) == []
        assert not Mail.objects.exists()

    def test_stays_however_often_the_payment_is_looked_at(self, alice: cast.Player, stripe: Control):
        top_up = pay_and_save(alice, stripe)
        card = SavedCard.objects.get()
        cards.remove(customer_id=alice.id, saved_card_id=card.id, now=timezone.now())
        look(top_up)
        assert cards.page(customer_id=alice.id) == []

    def test_ends_when_its_owner_saves_it_again(self, alice: cast.Player, stripe: Control):
        top_up = pay_and_save(alice, stripe)
        card, payment = SavedCard.objects.get(), shown(top_up)
        agree(alice, card)
        cards.remove(customer_id=alice.id, saved_card_id=card.id, now=timezone.now())
        later = TopUp(customer_id=alice.id, id=uuid7(), save_card=True)
        later.created_at = timezone.now() + timedelta(seconds=1)
        cards.keep(later, payment, later.created_at)
        assert [each.id for each in cards.page(customer_id=alice.id)] == [card.id]
        assert AutoTopUp.objects.get().suspended_at is None

    def test_finds_no_card_of_somebody_else(self, alice: cast.Player, stripe: Control):
        card = save_card(alice, stripe)
        charlie = cast.player("Charlie")
        with pytest.raises(NotFound):
            cards.remove(customer_id=charlie.id, saved_card_id=card.id, now=timezone.now())
        assert SavedCard.objects.get().removed_at is None
