"""Refunds that the provider shows: each debited once, ours recognised, failed ones undone."""

import dataclasses

import pytest

from billing.models import Debt, PaymentAlert, PaymentReference, Refund
from billing.payments.protocol import RefundState
from tests import cast
from tests.billing.refunds.purchases import ask, bought, found, kinds, left, legs, refund, spend
from tests.billing.top_ups.purchases import again, begin, bonus, look
from tests.cast import OUTPUT_TOKEN, USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db
WALLET, DEBT, STRIPE, PROMOTION = 101, 102, 111, 141


def restate(provider: StandIn, object_id: str, state: RefundState, *numbers: int) -> None:
    """Show the refunds with these places in another state."""
    shown = list(provider.payments[object_id].refunds)
    for number in numbers:
        shown[number] = dataclasses.replace(shown[number], state=state)
    provider.show(object_id, refunds=tuple(shown))


class TestPostSeen:
    def test_debits_a_refund_once(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 500)

        for _ in range(3):
            look(top_up)

        [row] = Refund.objects.all()
        assert (row.origin, row.state, row.debit_nanos) == ("provider", "succeeded", 5 * USD)
        assert legs(row.ledger_transaction_id) == [(WALLET, STRIPE, 5 * USD)]
        assert (again(top_up).refunded_minor, alice.wallet().balance_nanos) == (500, 15 * USD)
        assert PaymentReference.objects.filter(kind="refund", reference=row.provider_refund_id).exists()

    def test_credits_a_payment_first_that_is_refunded_before_it_was_seen(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        found(top_up, stripe, 2000)

        look(top_up)

        assert kinds(alice) == ["top_up", "refund"]
        assert alice.wallet().balance_nanos == 0

    def test_takes_what_was_spent_as_debt(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spent = 10**6 * OUTPUT_TOKEN
        spend(alice, spent)
        found(top_up, stripe, 2000)

        look(top_up)

        assert legs(Refund.objects.get().ledger_transaction_id) == [
            (WALLET, STRIPE, 20 * USD - spent),
            (DEBT, STRIPE, spent),
        ]
        assert (Debt.objects.get().cause, alice.wallet().debt_nanos) == ("bank", spent)
        assert alice.wallet().cut_off_at is not None

    def test_lets_unspent_bonus_lapse_in_proportion(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 500)
        look(top_up)
        assert legs(Refund.objects.get().ledger_transaction_id) == [
            (WALLET, STRIPE, 5 * USD),
            (WALLET, PROMOTION, USD // 2),
        ]
        found(top_up, stripe, 1500)
        look(top_up)
        assert (left(top_up.lot_id), left(top_up.bonus_lot_id)) == (0, 0)
        assert [each.bonus_nanos for each in Refund.objects.order_by("id")] == [USD // 2, 3 * USD // 2]

    def test_takes_other_lots_after_its_own(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        first = bought(alice, stripe)
        spend(alice, 10**6 * OUTPUT_TOKEN)
        second = bought(alice, stripe, "key-2")
        cast.fund(alice.id, 3 * USD)
        found(first, stripe, 2000)

        look(first)

        assert left(first.lot_id) == 0
        assert left(second.lot_id) == 20 * USD - 10**6 * OUTPUT_TOKEN
        assert alice.wallet().balance_nanos == left(second.lot_id) + 3 * USD

    def test_moves_cny_beside_dollars_and_adds_up(self, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, alipay)
        for minor in (3333, 3333, 3334):
            found(top_up, alipay, minor)
            look(top_up)

        debits = [row.debit_nanos for row in Refund.objects.order_by("id")]
        assert debits == [4_629_166_666, 4_629_166_666, 4_630_555_556]
        assert sum(debits) == top_up.credit_nanos
        assert legs(Refund.objects.order_by("id")[0].ledger_transaction_id) == [
            (WALLET, 121, debits[0]),
            (221, 211, 3333 * 10**7),
        ]
        assert alice.wallet().balance_nanos == 0

    def test_recognises_ours_by_its_reference(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        refund(top_up, 500)
        for _ in range(5):
            look(top_up)
        [row] = Refund.objects.all()
        assert (row.origin, row.state, alice.wallet().balance_nanos) == ("operator", "succeeded", 15 * USD)

    def test_sees_ours_before_its_own_answer(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        mine = ask(top_up, 500).refund
        found(top_up, stripe, 500, reference=mine.reference)
        look(top_up)
        [row] = Refund.objects.all()
        assert (row.state, row.next_check_at, row.provider_refund_id != "") == ("succeeded", None, True)
        assert alice.wallet().balance_nanos == 15 * USD


class TestFailure:
    def test_is_undone_exactly_and_once(self, stripe: StandIn):
        bonus((10 * USD, 100_000))
        cast.model()
        alice = cast.player("Alice", USD)
        top_up = bought(alice, stripe)
        spend(alice, 10**6 * OUTPUT_TOKEN)
        before = alice.wallet().balance_nanos, left(top_up.lot_id), left(top_up.bonus_lot_id)
        found(top_up, stripe, 1000)
        look(top_up)
        restate(stripe, top_up.object_id, RefundState.FAILED, 0)

        for _ in range(3):
            look(top_up)

        row = Refund.objects.get()
        assert (row.state, again(top_up).refunded_minor) == ("failed", 0)
        assert (alice.wallet().balance_nanos, left(top_up.lot_id), left(top_up.bonus_lot_id)) == before
        assert kinds(alice) == ["top_up", "refund", "refund_reversal"]

    def test_repays_the_debt_that_it_made(self, stripe: StandIn):
        cast.model()
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        spend(alice, 10**6 * OUTPUT_TOKEN)
        before = alice.wallet().balance_nanos
        found(top_up, stripe, 2000)
        look(top_up)
        restate(stripe, top_up.object_id, RefundState.FAILED, 0)

        look(top_up)

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos, wallet.cut_off_at) == (before, 0, None)

    def test_that_is_the_first_thing_seen_changes_nothing(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 500, state=RefundState.FAILED)
        look(top_up)
        assert (Refund.objects.get().state, alice.wallet().balance_nanos) == ("failed", 20 * USD)
        # An older answer that comes late.
        restate(stripe, top_up.object_id, RefundState.SUCCEEDED, 0)
        look(top_up)
        assert alice.wallet().balance_nanos == 20 * USD

    def test_makes_room_for_the_next_one(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 2000)
        look(top_up)
        restate(stripe, top_up.object_id, RefundState.FAILED, 0)
        found(top_up, stripe, 2000)
        look(top_up)
        assert [row.state for row in Refund.objects.order_by("id")] == ["failed", "succeeded"]
        assert (alice.wallet().balance_nanos, again(top_up).refunded_minor) == (0, 2000)


class TestExcess:
    def test_is_not_debited_and_is_told(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 1500)
        found(top_up, stripe, 501)
        look(top_up)
        look(top_up)
        assert (Refund.objects.count(), alice.wallet().balance_nanos) == (1, 5 * USD)
        assert PaymentAlert.objects.get().code == "refund_above_amount"

    def test_is_explained_by_the_rest_of_a_closed_trade(self, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, alipay)
        found(top_up, alipay, 10_000, refund_id=f"{top_up.object_id}:rest")
        look(top_up)
        alipay.show(top_up.object_id, refunds=())
        found(top_up, alipay, 10_000, refund_id=f"{top_up.object_id}:20261124")
        look(top_up)
        assert (Refund.objects.count(), PaymentAlert.objects.count()) == (1, 0)
        assert alice.wallet().balance_nanos == 0

    @pytest.mark.parametrize("fen", [3_000, 10_000])
    def test_is_no_older_rest_of_a_trade_whose_refund_was_named_meanwhile(self, alipay: StandIn, fen: int):
        alice = cast.player("Alice")
        top_up = bought(alice, alipay)
        found(top_up, alipay, fen, refund_id=f"{top_up.object_id}:20261124")
        look(top_up)
        named = alipay.payments[top_up.object_id].refunds
        alipay.show(top_up.object_id, refunds=())
        found(top_up, alipay, 10_000, refund_id=f"{top_up.object_id}:rest")
        look(top_up)
        assert (again(top_up).refunded_minor, PaymentAlert.objects.count()) == (fen, 0)
        alipay.show(top_up.object_id, refunds=named)
        if fen < 10_000:
            found(top_up, alipay, 10_000 - fen, refund_id=f"{top_up.object_id}:rest")
        look(top_up)
        assert (again(top_up).refunded_minor, PaymentAlert.objects.count()) == (10_000, 0)

    def test_in_another_currency_is_told(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        found(top_up, stripe, 500, currency="EUR")
        look(top_up)
        assert PaymentAlert.objects.get().code == "refund_differs"
        assert alice.wallet().balance_nanos == 20 * USD

    def test_is_another_amount_than_ours_and_is_told(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        mine = ask(top_up, 500).refund
        found(top_up, stripe, 700, reference=mine.reference)
        look(top_up)
        assert PaymentAlert.objects.get().code == "refund_differs"
        assert (Refund.objects.get().state, alice.wallet().balance_nanos) == ("requested", 15 * USD)
