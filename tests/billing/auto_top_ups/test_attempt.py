"""Automatic top-ups: when a card is charged, how often, and what stops it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing.models import AutoTopUp, Mail, SavedCard, TopUp
from billing.services import customers
from billing.services.auto_top_ups import attempt, cards, settings
from billing.services.auto_top_ups.decide import spent_minor
from tests import cast
from tests.billing.auto_top_ups.agreements import (
    agree,
    autos,
    charged,
    pay_and_save,
    ready,
    run,
    save_card,
    spend,
    states,
)
from tests.billing.top_ups.purchases import look, request
from tests.cast import USD
from tests.sandbox_servers import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


class TestBeginDue:
    def test_charges_the_card_and_credits_it(self, alice: cast.Player, stripe: Control):
        card = ready(alice, stripe)

        run()

        [top_up] = autos(alice)
        assert (top_up.state, top_up.saved_card_id, top_up.amount_minor) == ("paid", card.id, 2000)
        assert top_up.payment_id == top_up.object_id
        assert alice.wallet().balance_nanos == 21 * USD
        assert charged(stripe) == 1

    def test_charges_nobody_who_did_not_agree(self, alice: cast.Player, stripe: Control):
        save_card(alice, stripe)
        spend(alice)
        run()
        assert autos(alice) == []

    def test_charges_nobody_who_has_enough(self, alice: cast.Player, stripe: Control):
        agree(alice, save_card(alice, stripe))
        spend(alice, leave=5 * USD)
        run()
        assert autos(alice) == []

    def test_looks_at_what_is_available(self, alice: cast.Player, stripe: Control):
        cast.model(output=100_000_000)
        agree(alice, save_card(alice, stripe), threshold=10 * USD)
        cast.hold(alice, out=128_000)
        run()
        assert states(alice) == ["paid"]

    def test_charges_no_more_once_it_is_switched_off(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        assert settings.switch_off(customer_id=alice.id, now=timezone.now())
        run()
        assert autos(alice) == []

    def test_charges_no_removed_card(self, alice: cast.Player, stripe: Control):
        card = ready(alice, stripe)
        cards.remove(customer_id=alice.id, saved_card_id=card.id, now=timezone.now())
        run()
        assert autos(alice) == []
        assert AutoTopUp.objects.get().suspended_reason == "card_removed"

    def test_charges_nobody_who_is_frozen(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        customers.freeze(customer_id=alice.id, reason="dispute", now=timezone.now())
        run()
        assert autos(alice) == []

    def test_charges_nobody_without_a_provider(self, alice: cast.Player, stripe: Control, settings: Settings):
        ready(alice, stripe)
        settings.STRIPE_WEBHOOK_SECRET = ""
        assert attempt.begin_due(now=timezone.now()) == 0
        assert autos(alice) == []
        assert AutoTopUp.objects.get().suspended_at is None

    def test_goes_on_with_the_others_after_one_that_fails(self, alice: cast.Player, stripe: Control):
        charlie = cast.player("Charlie")
        ready(alice, stripe)
        ready(charlie, stripe)
        # Nothing of hers can be offered: the amount is below what a top-up may cost.
        AutoTopUp.objects.filter(customer_id=alice.id).update(amount_minor=1)
        run()
        assert (states(alice), states(charlie)) == ([], ["paid"])
        assert AutoTopUp.objects.get(customer_id=alice.id).suspended_reason == "amount_out_of_range"
        assert Mail.objects.get().customer_id == alice.id


class TestBounds:
    def test_let_two_begin_in_ten_minutes(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        began_at = timezone.now()
        for minute in range(10):
            run(now=began_at + timedelta(minutes=minute))
            spend(alice)
        assert states(alice) == ["paid", "paid"]

        run(now=began_at + timedelta(minutes=10, seconds=1))
        assert states(alice) == ["paid"] * 3

    def test_stop_at_the_cap_of_a_month_and_say_so_once(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe, cap=5999)
        moment = datetime(2027, 2, 2, tzinfo=UTC)
        for day in range(6):
            run(now=moment + timedelta(days=day))
            spend(alice)
        assert states(alice) == ["paid", "paid"]
        mail = Mail.objects.get()
        assert (mail.kind, mail.content["reason"]) == ("auto_top_up_failed", "monthly_cap_reached")

        run(now=datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC))
        assert len(autos(alice)) == 2
        run(now=datetime(2027, 3, 1, tzinfo=UTC))
        assert states(alice) == ["paid"] * 3

    def test_of_the_cap_count_what_is_in_flight(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        begun = attempt.begin(customer_id=alice.id, now=now)
        assert begun is not None
        assert spent_minor(AutoTopUp.objects.get(), now=now) == 2000
        TopUp.objects.filter(id=begun.id).update(state="failed", failure="not_charged", ended_at=now)
        assert spent_minor(AutoTopUp.objects.get(), now=now) == 0

    def test_let_one_be_in_flight(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        assert attempt.begin(customer_id=alice.id, now=timezone.now()) is not None
        assert attempt.begin(customer_id=alice.id, now=timezone.now()) is None
        assert attempt.begin_due(now=timezone.now()) == 0

    def test_of_one_in_flight_hold_in_the_database(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        begun = attempt.begin(customer_id=alice.id, now=timezone.now())
        assert begun is not None
        begun.id, begun.idempotency_key = request(alice).customer_id, "another"
        with pytest.raises(IntegrityError, match="top_up_one_auto_in_flight"), transaction.atomic():
            begun.save(force_insert=True)


class TestRefusal:
    @pytest.mark.parametrize(
        ("behaviour", "reason"),
        [("declines", "generic_decline"), ("confirms", "authentication_required")],
    )
    def test_suspends_and_tells_once(self, alice: cast.Player, stripe: Control, behaviour: str, reason: str):
        ready(alice, stripe, behaviour)
        now = timezone.now()
        for minute in range(40):
            run(now=now + timedelta(minutes=minute))

        assert states(alice) == ["failed"]
        assert autos(alice)[0].failure == reason
        assert AutoTopUp.objects.get().suspended_reason == reason
        mail = Mail.objects.get()
        assert (mail.recipient, mail.content["reason"]) == ("alice@example.com", reason)
        assert mail.content["link"].startswith("http")
        assert mail.content["card_last4"] in {"0341", "3184"}
        assert charged(stripe) == 0
        assert len([one for one in stripe.objects("charge") if one["status"] == "failed"]) == 1

    def test_that_only_a_message_told_of_suspends_too(self, alice: cast.Player, stripe: Control):
        """The worker ended between the answer and writing it down; the top-up failed by converging."""
        ready(alice, stripe)
        now = timezone.now()
        begun = attempt.begin(customer_id=alice.id, now=now)
        assert begun is not None
        TopUp.objects.filter(id=begun.id).update(state="failed", failure="card_declined", ended_at=now)

        run(now=now + timedelta(minutes=1))

        assert states(alice) == ["failed"]
        assert AutoTopUp.objects.get().suspended_reason == "card_declined"
        assert Mail.objects.count() == 1

    def test_ends_with_a_new_card(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe, "declines")
        run()
        fresh = save_card(alice, stripe)
        auto = AutoTopUp.objects.get()
        assert (auto.saved_card_id, auto.suspended_at) == (fresh.id, None)
        spend(alice)
        run()
        assert states(alice) == ["failed", "paid"]

    def test_ends_with_a_new_agreement(self, alice: cast.Player, stripe: Control):
        card = ready(alice, stripe, "declines")
        run()
        agree(alice, card)
        assert AutoTopUp.objects.get().suspended_at is None
        run()
        run()
        assert states(alice) == ["failed", "failed"]
        assert Mail.objects.count() == 2

    def test_is_not_undone_by_an_older_payment(self, alice: cast.Player, stripe: Control):
        older = pay_and_save(alice, stripe, "declines")
        card = SavedCard.objects.get()
        agree(alice, card)
        spend(alice)
        run()
        assert AutoTopUp.objects.get().suspended_at is not None
        look(older)
        assert AutoTopUp.objects.get().suspended_at is not None
