"""Disputes: money by the bank's own books, the customer frozen until it is back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Customer
from billing.models import Debt, Dispute, LedgerTransaction, PaymentAlert, TopUp
from billing.payments.protocol import DisputeSeen, MoneyMoved
from billing.services import customers
from tests import cast
from tests.billing.refunds.purchases import bought, kinds, left, legs, spend
from tests.billing.top_ups.purchases import again, bonus, look
from tests.cast import OUTPUT_TOKEN, USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
WALLET, DEBT, STRIPE, PROMOTION, FEE = 101, 102, 111, 141, 143
TAKEN = MoneyMoved("txn_1", -2000, 1500, "USD")
BACK = MoneyMoved("txn_2", 2000, 0, "USD")
MILLION = 10**6 * OUTPUT_TOKEN


def disputed(provider: StandIn, top_up: TopUp, *moved: MoneyMoved, **changes: Any) -> None:
    """Show one dispute of the payment, and let us look."""
    seen = DisputeSeen("du_1", "needs_response", "fraudulent", 2000, "USD", moved)
    provider.show(top_up.object_id, disputes=(replace(seen, **changes),))
    look(top_up)


def state(who: cast.Player) -> str:
    return Customer.objects.get(id=who.id).state


def posted(key: str) -> list[tuple[int, int, int]]:
    return legs(LedgerTransaction.objects.get(effect_key=key).id)


class TestPostSeen:
    def test_freezes_for_an_inquiry_and_moves_no_money(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, status="warning_needs_response")
        assert (state(alice), kinds(alice)) == ("frozen", ["top_up"])
        disputed(stripe, top_up, status="warning_closed")
        assert state(alice) == "active"

    def test_takes_what_the_bank_took_and_pays_its_fee(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        for _ in range(3):
            disputed(stripe, top_up, TAKEN)

        assert posted("stripe:txn:txn_1") == [(WALLET, STRIPE, 20 * USD)]
        assert posted("stripe:txn:txn_1:fee") == [(FEE, STRIPE, 15 * USD)]
        assert kinds(alice) == ["top_up", "dispute", "dispute"]
        row = Dispute.objects.get()
        assert (row.taken_minor, again(top_up).disputed_minor, row.closed_at) == (2000, 2000, None)
        assert (state(alice), alice.wallet().balance_nanos) == ("frozen", 0)

    def test_takes_another_amount_than_was_paid(self, stripe: StandIn):
        alice = cast.player("Alice", 10 * USD)
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, MoneyMoved("txn_1", -2100, 0, "USD"))
        assert (alice.wallet().balance_nanos, again(top_up).disputed_minor) == (9 * USD, 2100)
        assert PaymentAlert.objects.get().code == "more_back_than_paid"

    def test_makes_debt_of_what_was_spent_and_takes_bonus_along(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spend(alice, MILLION)
        disputed(stripe, top_up, TAKEN)
        assert posted("stripe:txn:txn_1") == [
            (WALLET, STRIPE, 22 * USD - MILLION),
            (DEBT, STRIPE, MILLION - 2 * USD),
        ]
        assert Debt.objects.get().cause == "bank"

    def test_gives_it_back_to_the_lots_that_gave_it(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, TAKEN)
        assert alice.wallet().balance_nanos == 0
        disputed(stripe, top_up, TAKEN, BACK)
        assert (left(top_up.lot_id), left(top_up.bonus_lot_id)) == (20 * USD, 2 * USD)
        assert (state(alice), Dispute.objects.get().taken_minor) == ("active", 0)
        disputed(stripe, top_up, TAKEN, BACK, status="won")
        assert (state(alice), Dispute.objects.get().closed_at is not None) == ("active", True)

    def test_gives_it_back_in_parts(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spend(alice, MILLION)
        before = alice.wallet().balance_nanos
        first, second = MoneyMoved("txn_2", 1234, 0, "USD"), MoneyMoved("txn_3", 766, -1500, "USD")
        disputed(stripe, top_up, TAKEN, first)
        assert state(alice) == "frozen"
        disputed(stripe, top_up, TAKEN, first, second)
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (before, 0)
        assert posted("stripe:txn:txn_3:fee") == [(STRIPE, FEE, 15 * USD)]
        assert state(alice) == "active"

    def test_that_is_lost_keeps_debt_and_freeze(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spend(alice, MILLION)
        disputed(stripe, top_up, TAKEN, status="lost")
        assert (state(alice), alice.wallet().debt_nanos) == ("frozen", MILLION)

    def test_that_is_closed_before_its_money_moved_is_told_only(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, status="lost")
        assert (kinds(alice), state(alice)) == (["top_up"], "frozen")
        disputed(stripe, top_up, TAKEN, status="lost")
        assert alice.wallet().balance_nanos == 0

    def test_takes_no_older_answer_for_a_newer_one(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, TAKEN, BACK, status="won")
        disputed(stripe, top_up, TAKEN, status="under_review")
        disputed(stripe, top_up)
        assert (Dispute.objects.get().status, state(alice)) == ("won", "active")
        assert alice.wallet().balance_nanos == 20 * USD

    def test_pays_a_fee_once_that_comes_without_money(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        for _ in range(2):
            disputed(stripe, top_up, MoneyMoved("txn_1", 0, 1500, "USD"))
        assert kinds(alice) == ["top_up", "dispute"]
        assert posted("stripe:txn:txn_1:fee") == [(FEE, STRIPE, 15 * USD)]

    @pytest.mark.parametrize(
        ("moved", "code"),
        [
            (MoneyMoved("txn_9", -2000, 0, "EUR"), "dispute_currency"),
            (MoneyMoved("txn_9", 2000, 0, "USD"), "reinstated_above_taken"),
        ],
    )
    def test_tells_of_what_makes_no_sense(self, stripe: StandIn, moved: MoneyMoved, code: str):
        alice = cast.player("Alice")
        disputed(stripe, bought(alice, stripe), moved)
        assert (PaymentAlert.objects.get().code, kinds(alice)) == (code, ["top_up"])


class TestFreeze:
    def test_is_ended_by_an_operator_and_not_repeated(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up)
        customers.unfreeze(customer_id=alice.id, reason="known to us", now=timezone.now())
        disputed(stripe, top_up)
        assert state(alice) == "active"

    def test_of_an_operator_stays(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        customers.freeze(customer_id=alice.id, reason="asked for it", now=timezone.now())
        disputed(stripe, top_up, TAKEN)
        disputed(stripe, top_up, TAKEN, BACK, status="won")
        assert state(alice) == "frozen"

    def test_of_an_operator_that_comes_later_stays_too(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, TAKEN)
        customers.freeze(customer_id=alice.id, reason="sells its keys", now=timezone.now())
        disputed(stripe, top_up, TAKEN, BACK, status="won")
        assert state(alice) == "frozen"

    def test_of_a_closed_customer_is_left_alone(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        customers.close(customer_id=alice.id, reason="left", now=timezone.now())
        disputed(stripe, top_up, TAKEN)
        assert (state(alice), alice.wallet().balance_nanos) == ("closed", 0)

    def test_stays_while_another_dispute_weighs(self, stripe: StandIn):
        alice = cast.player("Alice")
        first, second = bought(alice, stripe), bought(alice, stripe, "key-2")
        disputed(stripe, first, TAKEN)
        disputed(stripe, second, MoneyMoved("txn_5", -2000, 0, "USD"), dispute_id="du_2")
        disputed(stripe, first, TAKEN, BACK, status="won")
        assert state(alice) == "frozen"
        back = MoneyMoved("txn_6", 2000, 0, "USD")
        disputed(stripe, second, MoneyMoved("txn_5", -2000, 0, "USD"), back, dispute_id="du_2", status="won")
        assert state(alice) == "active"

    def test_stays_while_something_is_owed(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        disputed(stripe, top_up, TAKEN)
        cast.send(cast.report(alice, output=10**7))
        cast.settle()
        disputed(stripe, top_up, TAKEN, BACK, status="won")
        assert (state(alice), alice.wallet().debt_nanos) == ("frozen", 10 * MILLION - 20 * USD)

    def test_for_a_fraud_warning_comes_once(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        stripe.show(top_up.object_id, fraud_warning="issfr_1")
        look(top_up)
        assert (state(alice), again(top_up).fraud_warning) == ("frozen", "issfr_1")
        customers.unfreeze(customer_id=alice.id, reason="known to us", now=timezone.now())
        version = alice.wallet().state_version
        look(top_up)
        assert (state(alice), alice.wallet().state_version) == ("active", version)


class TestAgainstAHold:
    def test_larger_than_available_leaves_the_hold_and_is_repaid_by_the_next_top_up(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        first, second = bought(alice, stripe), bought(alice, stripe, "key-2")
        third = bought(alice, stripe, "key-3")
        held = cast.hold(alice, out=128_000)
        amount = held.amount_nanos
        disputed(stripe, first, MoneyMoved("txn_1", -2000, 0, "USD"))
        for number, top_up in enumerate((second, third), start=5):
            moved = MoneyMoved(f"txn_{number}", -2000, 0, "USD")
            disputed(stripe, top_up, moved, dispute_id=f"du_{number}")
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (amount, amount, amount)

        cast.send(cast.report(alice, held.request_id, output=28_000))
        cast.settle(now=timezone.now() + timedelta(seconds=1))
        used = 28_000 * OUTPUT_TOKEN
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (0, used)

        customers.unfreeze(customer_id=alice.id, reason="paid by bank transfer", now=timezone.now())
        bought(alice, stripe, "key-4")
        assert (alice.wallet().balance_nanos, alice.wallet().debt_nanos) == (20 * USD - used, 0)
