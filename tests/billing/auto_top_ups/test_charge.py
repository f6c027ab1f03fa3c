"""Charges whose outcome is unknown: they are found out, repeated as the same charge, or given up."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing import tasks, valkey
from billing.models import AutoTopUp, PaymentAlert, SavedCard, TopUp
from billing.payments import registry
from billing.payments.errors import Unreachable
from billing.services import customers
from billing.services.auto_top_ups import attempt, cards, charge, settings
from billing.services.top_ups import orders, poll
from tests import cast
from tests.billing.auto_top_ups.agreements import agree, autos, charged, ready, run, save_card, spend, states
from tests.cast import USD
from tests.sandbox_servers import Control

pytestmark = pytest.mark.django_db

Change = Callable[[cast.Player, Control], object]


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def begin(who: cast.Player, *, now: datetime | None = None) -> TopUp:
    top_up = attempt.begin(customer_id=who.id, now=now or timezone.now())
    assert top_up is not None
    return top_up


class TestUnknown:
    def test_is_repeated_as_the_same_charge(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        registry.get("stripe").charge_card(orders.of(begin(alice, now=now)))
        assert (states(alice), charged(stripe)) == (["created"], 1)

        assert charge.go_on_due(now=now + charge.LEASE - timedelta(seconds=1)) == 0
        run(now=now + charge.LEASE)

        assert (states(alice), charged(stripe)) == (["paid"], 1)
        assert alice.wallet().balance_nanos == 21 * USD

    def test_that_never_arrived_is_charged_later(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        stripe.faults(refuse=1)
        for seconds in (0, 10, 40, 100):
            run(now=now + timedelta(seconds=seconds))
        assert (states(alice), charged(stripe)) == (["created"], 0)
        stripe.faults(refuse=0)
        run(now=now + timedelta(seconds=220))
        assert (states(alice), charged(stripe)) == (["paid"], 1)

    def test_while_the_provider_is_away_begins_no_second(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        stripe.faults(refuse=1)
        for minute in range(0, 120, 10):
            run(now=now + timedelta(minutes=minute))
            poll.poll_due(now=now + timedelta(minutes=minute))
        assert states(alice) == ["created"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda alice, _: settings.switch_off(customer_id=alice.id, now=timezone.now()),
            lambda alice, stripe: agree(alice, save_card(alice, stripe)),
            lambda alice, _: cards.remove(
                customer_id=alice.id, saved_card_id=SavedCard.objects.get().id, now=timezone.now()
            ),
            lambda alice, _: customers.freeze(customer_id=alice.id, reason="test", now=timezone.now()),
            lambda alice, _: cast.fund(alice.id, 10 * USD),
        ],
        ids=["switched off", "another card", "card removed", "frozen", "credit came"],
    )
    def test_is_not_charged_any_more_once_it_is_not_wanted(
        self, alice: cast.Player, stripe: Control, change: Change
    ):
        ready(alice, stripe)
        now = timezone.now()
        begin(alice, now=now)
        change(alice, stripe)
        for minutes in (3, 5, 9, 20, 29):
            charge.go_on_due(now=now + timedelta(minutes=minutes))
        assert (states(alice), charged(stripe)) == (["created"], 0)
        charge.go_on_due(now=now + timedelta(minutes=40))
        assert (states(alice), charged(stripe)) == (["failed"], 0)
        assert autos(alice)[0].failure == "not_charged"

    def test_that_was_charged_before_it_was_unwanted_is_credited(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        top_up = begin(alice, now=now)
        registry.get("stripe").charge_card(orders.of(top_up))
        settings.switch_off(customer_id=alice.id, now=now)
        run(now=now + charge.LEASE)
        assert (states(alice), charged(stripe)) == (["paid"], 1)

    def test_charges_nothing_after_ten_minutes(self, alice: cast.Player, stripe: Control):
        ready(alice, stripe)
        now = timezone.now()
        begin(alice, now=now)
        charge.go_on_due(now=now + timedelta(minutes=10))
        charge.go_on_due(now=now + timedelta(minutes=29))
        assert (states(alice), charged(stripe)) == (["created"], 0)
        charge.go_on_due(now=now + timedelta(minutes=40))
        assert (states(alice), charged(stripe)) == (["failed"], 0)
        # Nothing was refused: the next one may begin.
        assert AutoTopUp.objects.get().suspended_at is None
        attempt.begin_due(now=now + timedelta(hours=1))
        assert (states(alice), charged(stripe)) == (["failed", "paid"], 1)

    def test_that_arrives_after_it_was_given_up_is_credited_and_shown(
        self, alice: cast.Player, stripe: Control
    ):
        ready(alice, stripe)
        now = timezone.now()
        top_up = begin(alice, now=now)
        charge.go_on_due(now=now + charge.GIVES_UP_AFTER)
        assert states(alice) == ["failed"]
        payment = registry.get("stripe").charge_card(orders.of(top_up))
        # As the message of it does.
        charge._converge(top_up, payment, now=now)
        assert (states(alice), alice.wallet().balance_nanos) == (["paid"], 21 * USD)
        assert PaymentAlert.objects.get().code == "paid_after_end"


class TestRefused:
    def test_call_that_stripe_does_not_take_suspends(self, alice: cast.Player, stripe: Control):
        """The card is no longer this payer's: asking again is no use."""
        ready(alice, stripe)
        stripe.reset()
        run()
        assert states(alice) == ["failed"]
        assert AutoTopUp.objects.get().suspended_reason == "resource_missing"

    def test_repetition_with_other_parameters_is_looked_up(self, alice: cast.Player, stripe: Control):
        """Nobody may read "I know this key" as "it was not charged"."""
        ready(alice, stripe)
        now = timezone.now()
        top_up = begin(alice, now=now)
        provider = registry.get("stripe")
        provider.charge_card(orders.of(top_up))
        charge.charge(top_up, now=now)
        assert (states(alice), charged(stripe)) == (["paid"], 1)


class TestFaults:
    def test_of_every_fifth_call_charge_once_for_each_cause(self, alice: cast.Player, stripe: Control):
        card = ready(alice, stripe, cap=10_000_000)
        stripe.seed(7)
        stripe.faults(cut=0.1, refuse=0.1)
        now = timezone.now()
        for step in range(60):
            now += timedelta(seconds=37)
            run(now=now)
            poll.poll_due(now=now)
            if step % 7 == 0:
                spend(alice)
        stripe.faults(cut=0, refuse=0)
        for minutes in (10, 20, 40, 60):
            run(now=now + timedelta(minutes=minutes))
            poll.poll_due(now=now + timedelta(minutes=minutes))

        paid = [top_up for top_up in autos(alice) if top_up.state == "paid"]
        assert len(paid) == charged(stripe) > 3
        assert set(states(alice)) <= {"paid", "failed"}
        assert card.removed_at is None

    def test_keep_no_worker_waiting_for_each_customer(self, alice: cast.Player, stripe: Control):
        charlie = cast.player("Charlie")
        ready(alice, stripe)
        ready(charlie, stripe)
        stripe.faults(refuse=1)
        now = timezone.now()
        with pytest.raises(Unreachable):
            attempt.begin_due(now=now)
        assert sorted([states(alice), states(charlie)]) == [[], ["created"]]
        with pytest.raises(Unreachable):
            attempt.begin_due(now=now)
        with pytest.raises(Unreachable):
            charge.go_on_due(now=now + charge.LEASE)
        stripe.faults(refuse=0)
        run(now=now + 2 * charge.LEASE)
        assert (states(alice), states(charlie), charged(stripe)) == (["paid"], ["paid"], 2)

    def test_keep_the_task_away_for_half_a_minute(self, alice: cast.Player, stripe: Control):
        valkey.client().flushdb()
        ready(alice, stripe)
        stripe.faults(refuse=1)
        tasks.top_up_automatically()
        stripe.faults(refuse=0)
        TopUp.objects.filter(cause="auto").update(next_check_at=timezone.now())
        tasks.top_up_automatically()
        assert states(alice) == ["created"]
        assert 0 < valkey.client().ttl("shift:charging cards") <= 30

        valkey.client().flushdb()
        for _ in range(2):
            tasks.top_up_automatically()
        assert (states(alice), charged(stripe)) == (["paid"], 1)
