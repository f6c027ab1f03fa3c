"""The verbs of the book that payments need: money taken back, and movements inside the house."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing import sql
from billing.ledger.book import Book
from billing.models import CreditLot, LedgerAccount, LotKind, TransactionKind, Transfer
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db

# In the order in which they came: two purchases, the first one's bonus, and a grant.
CREDITS = (
    ("first", LotKind.BOUGHT),
    ("bonus", LotKind.PROMOTIONAL),
    ("second", LotKind.BOUGHT),
    ("grant", LotKind.PROMOTIONAL),
)


def _filled(alice):
    """Four lots of a dollar each; returns their ids by name."""
    lots = {}
    for minute, (name, kind) in enumerate(CREDITS):
        with transaction.atomic():
            book = Book.lock([alice.id], now=timezone.now() + timedelta(minutes=minute))
            entry = book.entry(alice.id, TransactionKind.ADJUSTMENT, reason=name)
            lots[name] = book.credit(entry, USD, source=LedgerAccount.EQUITY_ADJUSTMENT, lot_kind=kind)
            book.save()
    return lots


def _taken_back(alice, lots, amount):
    """Take `amount` back for the purchase `second` and return what is left, by name."""
    with transaction.atomic():
        book = Book.lock([alice.id], now=timezone.now())
        entry = book.entry(alice.id, TransactionKind.ADJUSTMENT, reason="taken back")
        taken = book.take_back(
            entry, amount, to=LedgerAccount.EQUITY_ADJUSTMENT, lots=[lots["second"], lots["bonus"]]
        )
        book.save()
    left = dict(CreditLot.objects.filter(customer_id=alice.id).values_list("id", "remaining_nanos"))
    return taken, {name: left[lot_id] for name, lot_id in lots.items()}


class TestTakeBack:
    @pytest.mark.parametrize(
        ("dollars", "left"),
        [
            (1, {"first": 1, "bonus": 1, "second": 0, "grant": 1}),
            (2, {"first": 1, "bonus": 0, "second": 0, "grant": 1}),
            (3, {"first": 0, "bonus": 0, "second": 0, "grant": 1}),
            (4, {"first": 0, "bonus": 0, "second": 0, "grant": 0}),
        ],
    )
    def test_takes_the_purchase_its_bonus_older_purchases_then_gifts(self, dollars, left):
        alice = cast.player("Alice", 0)
        lots = _filled(alice)

        taken, remaining = _taken_back(alice, lots, dollars * USD)

        assert taken == dollars * USD
        assert remaining == {name: count * USD for name, count in left.items()}

    def test_takes_no_more_than_is_available(self):
        alice = cast.player("Alice", 0)
        lots = _filled(alice)

        taken, remaining = _taken_back(alice, lots, 5 * USD)

        assert taken == 4 * USD
        assert not any(remaining.values())


class TestBetween:
    def test_moves_in_the_house_without_touching_the_wallet(self):
        alice = cast.player("Alice", USD)
        with transaction.atomic():
            book = Book.lock([alice.id], now=timezone.now())
            entry = book.entry(alice.id, TransactionKind.PAYMENT_FEE)
            book.between(
                entry, 29, debit=LedgerAccount.EXPENSE_PAYMENT_FEE, credit=LedgerAccount.CLEARING_STRIPE
            )
            book.save()

        moved = Transfer.objects.get(customer_id=alice.id, ledger_transaction_id=entry.id)
        assert (moved.amount_nanos, moved.wallet_seq) == (29, None)
        assert sql.fetch("select balance_nanos from wallet")[0].balance_nanos == USD

    def test_refuses_a_wallet(self):
        alice = cast.player("Alice", USD)
        with transaction.atomic():
            book = Book.lock([alice.id], now=timezone.now())
            entry = book.entry(alice.id, TransactionKind.PAYMENT_FEE)
            with pytest.raises(AssertionError):
                book.between(entry, 1, debit=LedgerAccount.WALLET, credit=LedgerAccount.CLEARING_STRIPE)
