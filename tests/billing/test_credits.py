"""Credit given and corrected by hand: once for each effect, debt first, nobody below what is available."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.errors import RequestConflict, Unacceptable
from billing.models import CreditLot, LedgerAccount, LedgerTransaction, LotMovement, Transfer
from billing.services import credits, customers
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


def grant(who: cast.Player, amount: int = USD, **changes: Any) -> bool:
    given: dict[str, Any] = {
        "reason": "welcome",
        "effect_key": "promo:welcome",
        "now": timezone.now(),
    } | changes
    return credits.grant(customer_id=who.id, amount_nanos=amount, **given)


def adjust(who: cast.Player, amount: int, **changes: Any) -> bool:
    given: dict[str, Any] = {
        "reason": "correction",
        "effect_key": f"adjust:{amount}",
        "author_id": User.objects.get(email="alice@example.com").id,
        "now": timezone.now(),
    } | changes
    return credits.adjust(customer_id=who.id, amount_nanos=amount, **given)


class TestGrant:
    def test_adds_a_promotional_lot(self):
        alice = cast.player("Alice")
        now = timezone.now()

        assert grant(alice, 5 * USD, now=now, expires_at=now + timedelta(days=30))

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (5 * USD, 0, 0)
        lot = CreditLot.objects.get()
        assert (lot.kind, lot.amount_nanos, lot.remaining_nanos) == ("promotional", 5 * USD, 5 * USD)
        assert (lot.created_at, lot.expires_at) == (now, now + timedelta(days=30))
        entry = LedgerTransaction.objects.get()
        assert (entry.kind, entry.reason, entry.effect_key) == ("grant", "welcome", "promo:welcome")
        transfer = Transfer.objects.get()
        assert (transfer.debit_account, transfer.credit_account) == (
            LedgerAccount.EXPENSE_PROMOTION,
            LedgerAccount.WALLET,
        )
        assert (transfer.amount_nanos, transfer.wallet_seq, transfer.balance_after_nanos) == (
            5 * USD,
            1,
            5 * USD,
        )

    def test_of_one_effect_is_given_once(self):
        alice = cast.player("Alice")
        assert grant(alice)
        assert not grant(alice)
        assert not grant(alice, reason="again")
        assert alice.wallet().balance_nanos == USD

    def test_of_one_effect_is_given_once_although_it_paid_a_debt(self):
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1000))
        cast.settle()
        assert grant(dora, 400 * OUTPUT_TOKEN)
        assert not grant(dora, 400 * OUTPUT_TOKEN)

    def test_of_one_effect_has_one_amount_and_kind(self):
        alice = cast.player("Alice")
        grant(alice)
        with pytest.raises(RequestConflict):
            grant(alice, 2 * USD)
        with pytest.raises(RequestConflict):
            adjust(alice, USD, effect_key="promo:welcome")
        assert alice.wallet().balance_nanos == USD

    def test_of_one_effect_is_given_once_to_each_customer(self):
        alice, charlie = cast.player("Alice"), cast.player("Charlie")
        assert grant(alice)
        assert grant(charlie)
        assert charlie.wallet().balance_nanos == USD

    def test_pays_a_debt_first(self):
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1000))
        cast.settle()
        assert dora.wallet().debt_nanos == 1000 * OUTPUT_TOKEN

        grant(dora, 400 * OUTPUT_TOKEN)
        wallet = dora.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 600 * OUTPUT_TOKEN)

        grant(dora, 1000 * OUTPUT_TOKEN, effect_key="promo:second")
        wallet = dora.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (400 * OUTPUT_TOKEN, 0)
        last = LedgerTransaction.objects.get(effect_key="promo:second")
        moved = Transfer.objects.filter(ledger_transaction_id=last.id).order_by("position")
        assert [(t.debit_account, t.credit_account, t.amount_nanos) for t in moved] == [
            (LedgerAccount.EXPENSE_PROMOTION, LedgerAccount.WALLET, 1000 * OUTPUT_TOKEN),
            (LedgerAccount.WALLET, LedgerAccount.DEBT, 600 * OUTPUT_TOKEN),
        ]
        assert LotMovement.objects.get(ledger_transaction_id=last.id).amount_nanos == 400 * OUTPUT_TOKEN

    def test_reaches_a_customer_who_is_frozen(self):
        alice = cast.player("Alice")
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        assert grant(alice)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"amount": 0}, "amount"),
            ({"amount": -1}, "amount"),
            ({"amount": credits.MOST_NANOS + 1}, "amount"),
            ({"reason": ""}, "reason"),
            ({"reason": "  "}, "reason"),
            ({"expires_at": cast.LONG_AGO}, "expires_at"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, changes: dict[str, Any], field: str):
        alice = cast.player("Alice")
        with pytest.raises(Unacceptable) as refused:
            grant(alice, **changes)
        assert refused.value.extra["field"] == field
        assert not LedgerTransaction.objects.exists()

    def test_takes_the_largest_amount(self):
        alice = cast.player("Alice")
        assert grant(alice, credits.MOST_NANOS)


class TestAdjust:
    def test_up_adds_a_bought_lot_in_an_authors_name(self):
        alice = cast.player("Alice")

        assert adjust(alice, USD)

        assert CreditLot.objects.get().kind == "bought"
        entry = LedgerTransaction.objects.get()
        assert (entry.kind, entry.author_id) == ("adjustment", User.objects.get().id)
        transfer = Transfer.objects.get()
        assert (transfer.debit_account, transfer.credit_account) == (
            LedgerAccount.EQUITY_ADJUSTMENT,
            LedgerAccount.WALLET,
        )

    def test_down_takes_the_last_nano_and_cuts_off(self):
        alice = cast.player("Alice", USD)
        assert adjust(alice, -USD)
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 0)
        assert wallet.cut_off_at is not None

    def test_down_never_takes_more_than_is_available(self):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        cast.hold(alice, out=400)

        with pytest.raises(Unacceptable) as refused:
            adjust(alice, -600 * OUTPUT_TOKEN - 1)
        assert refused.value.extra["field"] == "amount"
        assert alice.wallet().balance_nanos == 1000 * OUTPUT_TOKEN

        assert adjust(alice, -600 * OUTPUT_TOKEN)
        assert alice.wallet().available_nanos == 0

    def test_of_one_effect_is_posted_once(self):
        alice = cast.player("Alice", USD)
        assert adjust(alice, -USD)
        assert not adjust(alice, -USD)
        assert alice.wallet().balance_nanos == 0

    @pytest.mark.parametrize("amount", [-USD, 2 * USD])
    def test_of_one_effect_has_one_amount_and_kind(self, amount: int):
        alice = cast.player("Alice", 5 * USD)
        assert adjust(alice, USD, effect_key="mend")
        with pytest.raises(RequestConflict):
            adjust(alice, amount, effect_key="mend")
        with pytest.raises(RequestConflict):
            grant(alice, USD, effect_key="mend")
        assert alice.wallet().balance_nanos == 6 * USD

    @pytest.mark.parametrize(("amount", "reason"), [(0, "x"), (-credits.MOST_NANOS - 1, "x"), (1, " ")])
    def test_refuses_what_makes_no_sense(self, amount: int, reason: str):
        alice = cast.player("Alice", USD)
        with pytest.raises(Unacceptable):
            adjust(alice, amount, reason=reason)
