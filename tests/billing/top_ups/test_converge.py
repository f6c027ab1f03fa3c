"""Converging: what the provider's object shows becomes credit once, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing.models import (
    CreditLot,
    LedgerAccount,
    LedgerTransaction,
    PaymentAlert,
    PaymentReference,
    TopUp,
    Transfer,
)
from billing.payments.errors import Unreachable
from billing.payments.protocol import Lookup, PaymentState
from billing.services import customers
from billing.services.top_ups.converge import converge
from tests import cast
from tests.billing.top_ups.purchases import again, begin, begin_with_alipay, bonus, books, look
from tests.cast import OUTPUT_TOKEN, USD
from tests.stand_in import StandIn

pytestmark = pytest.mark.django_db


class TestConverge:
    def test_credits_a_payment_by_stripe(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        paid_at = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
        payment = stripe.pay(top_up.object_id, paid_at=paid_at)

        converged = look(top_up)

        assert converged.is_credited_now
        stored = again(top_up)
        assert (stored.state, stored.paid_at, stored.payment_id) == ("paid", paid_at, payment.payment_id)
        entry = LedgerTransaction.objects.get()
        assert (entry.kind, entry.effect_key) == ("top_up", f"stripe:pi:{payment.payment_id}:credit")
        lot = CreditLot.objects.get()
        assert (lot.kind, lot.amount_nanos, lot.expires_at) == ("bought", 20 * USD, None)
        assert (stored.ledger_transaction_id, stored.lot_id, stored.bonus_lot_id) == (entry.id, lot.id, None)
        moved = Transfer.objects.values_list("debit_account", "credit_account", "amount_nanos")
        assert list(moved) == [(LedgerAccount.CLEARING_STRIPE, LedgerAccount.WALLET, 20 * USD)]
        assert alice.wallet().balance_nanos == 20 * USD

    def test_credits_a_payment_by_alipay_in_two_legs(self, alipay: StandIn):
        alice = cast.player("Alice")
        top_up = begin_with_alipay(alice)
        alipay.pay(top_up.object_id)

        look(top_up)

        assert LedgerTransaction.objects.get().effect_key == f"alipay:2021:{top_up.id.hex}:credit"
        moved = Transfer.objects.order_by("position").values_list(
            "debit_account", "credit_account", "amount_nanos"
        )
        dollars = 100 * USD * 10**6 // 7_200_000
        assert list(moved) == [
            (LedgerAccount.CLEARING_ALIPAY_CNY, LedgerAccount.EXCHANGE_CNY, 100 * 10**9),
            (LedgerAccount.EXCHANGE_USD, LedgerAccount.WALLET, dollars),
        ]
        assert alice.wallet().balance_nanos == dollars == 13_888_888_888

    def test_credits_once_however_often_it_is_asked(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        assert [look(top_up).is_credited_now for _ in range(3)] == [True, False, False]
        assert books(alice) == (20 * USD, 1, 1)

    def test_gives_the_bonus_of_the_plan_at_its_beginning(self, stripe: StandIn):
        bonus((10 * USD, 100_000), days=30, at=timezone.now() - timedelta(hours=1))
        alice = cast.player("Alice")
        top_up = begin(alice)
        bonus(at=timezone.now())
        stripe.pay(top_up.object_id)
        now = timezone.now()

        look(top_up, now=now)

        bought, promotional = CreditLot.objects.order_by("kind")
        assert (bought.kind, bought.amount_nanos, bought.expires_at) == ("bought", 20 * USD, None)
        assert (promotional.kind, promotional.amount_nanos) == ("promotional", 2 * USD)
        assert promotional.expires_at == now + timedelta(days=30)
        stored = again(top_up)
        assert (stored.lot_id, stored.bonus_lot_id) == (bought.id, promotional.id)
        assert books(alice) == (22 * USD, 1, 2)

    def test_repays_debt_first_and_ends_the_cut_off(self, stripe: StandIn):
        cast.model()
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1_000_000))
        cast.settle()
        owed = 1_000_000 * OUTPUT_TOKEN
        assert (dora.wallet().debt_nanos, dora.wallet().cut_off_at is not None) == (owed, True)
        top_up = begin(dora)
        stripe.pay(top_up.object_id)

        look(top_up)

        wallet = dora.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (20 * USD - owed, 0)
        assert wallet.cut_off_at is None

    def test_credits_a_frozen_customer_too(self, stripe: StandIn):
        alice = cast.player("Alice")
        top_up = begin(alice)
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        stripe.pay(top_up.object_id)
        assert look(top_up).is_credited_now

    @pytest.mark.parametrize(
        ("shown", "state", "waits"),
        [
            (PaymentState.WAITING, "open", True),
            (PaymentState.PROCESSING, "processing", True),
            (PaymentState.FAILED, "failed", False),
            (PaymentState.CLOSED, "expired", False),
        ],
    )
    def test_credits_nothing_that_is_not_paid(
        self, stripe: StandIn, shown: PaymentState, state: str, waits: bool
    ):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id, state=shown, failure="card_declined")
        look(top_up)
        stored = again(top_up)
        assert (stored.state, stored.next_check_at is not None) == (state, waits)
        assert books(alice) == (0, 0, 0)

    @pytest.mark.parametrize("shown", [PaymentState.FAILED, PaymentState.CLOSED])
    def test_credits_a_payment_that_comes_after_the_end_and_says_so(
        self, stripe: StandIn, shown: PaymentState
    ):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.show(top_up.object_id, state=shown)
        look(top_up)
        stripe.pay(top_up.object_id)
        assert look(top_up).is_credited_now
        assert again(top_up).state == "paid"
        assert PaymentAlert.objects.get().code == "paid_after_end"
        look(top_up)
        assert PaymentAlert.objects.count() == 1

    def test_never_goes_back_from_paid(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        stripe.pay(top_up.object_id)
        look(top_up)
        for shown in (
            PaymentState.WAITING,
            PaymentState.PROCESSING,
            PaymentState.FAILED,
            PaymentState.CLOSED,
        ):
            stripe.show(top_up.object_id, state=shown)
            look(top_up)
        assert again(top_up).state == "paid"

    def test_takes_no_older_answer_for_a_newer_one(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        stripe.show(top_up.object_id, state=PaymentState.PROCESSING)
        look(top_up)
        stripe.show(top_up.object_id, state=PaymentState.WAITING)
        look(top_up)
        assert again(top_up).state == "processing"

    def test_finds_a_checkout_whose_answer_was_lost_by_what_a_message_names(self, stripe: StandIn):
        alice = cast.player("Alice")
        stripe.loses_answers = True
        with pytest.raises(Unreachable):
            begin(alice)
        top_up = TopUp.objects.get()
        assert look(top_up).payment is None
        [object_id] = stripe.payments
        stripe.pay(object_id)
        converge(
            customer_id=alice.id, top_up_id=top_up.id, now=timezone.now(), hint=Lookup(object_id=object_id)
        )
        assert (again(top_up).state, again(top_up).object_id) == ("paid", object_id)
        assert PaymentReference.objects.filter(kind="object", reference=object_id).exists()

    def test_writes_nothing_where_the_provider_is_away(self, stripe: StandIn):
        top_up = begin(cast.player("Alice"))
        stripe.is_away = True
        with pytest.raises(Unreachable):
            look(top_up)
        assert again(top_up).state == "open"
