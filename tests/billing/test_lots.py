"""Lots: in which order credit is spent, and when it lapses."""

from datetime import datetime, timedelta

import pytest
import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.ledger.book import Book
from billing.models import (
    CreditLot,
    LedgerAccount,
    LedgerTransaction,
    LotKind,
    LotMovement,
    TransactionKind,
    Transfer,
    Wallet,
)
from billing.services import credits, lots
from billing.services.holds import end
from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice")


def promotional(who: cast.Player, name: str, *, days: int | None = None, amount: int = 100) -> None:
    credits.grant(
        customer_id=who.id,
        amount_nanos=amount * OUTPUT_TOKEN,
        reason=name,
        effect_key=name,
        now=NOW,
        expires_at=NOW + timedelta(days=days) if days else None,
    )


def bought(who: cast.Player, name: str, *, now: datetime = NOW, amount: int = 100) -> None:
    credits.adjust(
        customer_id=who.id,
        amount_nanos=amount * OUTPUT_TOKEN,
        reason=name,
        author_id=User.objects.get().id,
        effect_key=name,
        now=now,
    )


def use(who: cast.Player, output: int) -> None:
    cast.send(cast.report(who, output=output))
    cast.settle()


def left() -> dict[str, int]:
    """What is left of each lot, in output tokens, by the reason of the grant."""
    reasons = dict(LedgerTransaction.objects.values_list("id", "reason"))
    return {
        reasons[lot.ledger_transaction_id]: lot.remaining_nanos // OUTPUT_TOKEN
        for lot in CreditLot.objects.all()
    }


class TestSpending:
    def test_takes_promotional_before_bought_then_soonest_expiry_then_oldest(self, alice: cast.Player):
        bought(alice, "bought later", now=NOW + timedelta(seconds=1))
        bought(alice, "bought")
        promotional(alice, "never expires")
        promotional(alice, "in 20 days", days=20)
        promotional(alice, "in 10 days", days=10)
        promotional(alice, "in 10 days too", days=10)

        order = []
        for _ in range(6):
            before = left()
            use(alice, 100)
            order.append(next(name for name, tokens in left().items() if tokens < before[name]))

        assert order == [
            "in 10 days",
            "in 10 days too",
            "in 20 days",
            "never expires",
            "bought",
            "bought later",
        ]

    def test_records_what_each_lot_gave(self, alice: cast.Player):
        promotional(alice, "first", days=1)
        promotional(alice, "second", days=2)

        use(alice, 130)

        usage = LedgerTransaction.objects.get(kind="usage")
        given = LotMovement.objects.filter(ledger_transaction_id=usage.id).order_by("amount_nanos")
        assert [each.amount_nanos for each in given] == [-100 * OUTPUT_TOKEN, -30 * OUTPUT_TOKEN]
        assert left() == {"first": 0, "second": 70}


class TestExpire:
    def test_lapses_what_is_left_when_the_time_is_over(self, alice: cast.Player):
        promotional(alice, "a day", days=1)
        promotional(alice, "for good", amount=500)
        use(alice, 30)

        assert lots.expire(now=NOW + timedelta(hours=23, minutes=59)) == 0
        assert lots.expire(now=NOW + timedelta(days=1)) == 70 * OUTPUT_TOKEN
        assert lots.expire(now=NOW + timedelta(days=1)) == 0

        assert left() == {"a day": 0, "for good": 500}
        assert alice.wallet().balance_nanos == 500 * OUTPUT_TOKEN
        lapsed = Transfer.objects.get(credit_account=LedgerAccount.REVENUE_EXPIRED_CREDIT)
        assert (lapsed.debit_account, lapsed.amount_nanos) == (LedgerAccount.WALLET, 70 * OUTPUT_TOKEN)
        assert LedgerTransaction.objects.get(id=lapsed.ledger_transaction_id).kind == "expiry"

    def test_takes_from_its_own_lot_only(self, alice: cast.Player):
        promotional(alice, "ten days", days=10)
        promotional(alice, "for good", amount=500)
        promotional(alice, "a day", days=1)
        lots.expire(now=NOW + timedelta(days=1))
        assert left() == {"ten days": 100, "for good": 500, "a day": 0}

    def test_takes_from_its_own_lot_although_others_would_be_spent_first(self, alice: cast.Player):
        promotional(alice, "for good", amount=500)
        with transaction.atomic():
            book = Book.lock([alice.id], now=NOW)
            entry = book.entry(alice.id, TransactionKind.ADJUSTMENT, reason="bought for a day")
            book.credit(
                entry,
                100 * OUTPUT_TOKEN,
                source=LedgerAccount.EQUITY_ADJUSTMENT,
                lot_kind=LotKind.BOUGHT,
                expires_at=NOW + timedelta(days=1),
            )
            book.save()

        lots.expire(now=NOW + timedelta(days=1))

        assert left() == {"for good": 500, "bought for a day": 0}

    def test_waits_for_what_holds_have_set_aside(self, alice: cast.Player):
        promotional(alice, "a day", days=1, amount=1000)
        held = cast.hold(alice, out=900, ttl_s=24 * 3600)
        tomorrow = NOW + timedelta(days=1)

        assert lots.expire(now=tomorrow) == 100 * OUTPUT_TOKEN
        assert lots.expire(now=tomorrow) == 0
        wallet = alice.wallet()
        assert wallet.balance_nanos == wallet.held_nanos == 900 * OUTPUT_TOKEN

        end.expire(now=held.expires_at)
        assert lots.expire(now=held.expires_at) == 900 * OUTPUT_TOKEN
        assert alice.wallet().balance_nanos == 0

    def test_lets_a_running_request_be_charged(self, alice: cast.Player):
        promotional(alice, "a day", days=1, amount=1000)
        held = cast.hold(alice, out=900, ttl_s=24 * 3600)
        lots.expire(now=NOW + timedelta(days=1))

        cast.send(cast.report(alice, held.request_id, output=900))
        cast.settle()

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 0)

    def test_cuts_off_whom_it_leaves_without_credit(self, alice: cast.Player):
        promotional(alice, "a day", days=1, amount=1000)
        assert alice.wallet().cut_off_at is None
        version = alice.wallet().state_version

        tomorrow = NOW + timedelta(days=1)
        lots.expire(now=tomorrow)
        assert (alice.wallet().cut_off_at, alice.wallet().state_version) == (tomorrow, version + 1)

    def test_works_through_many_lots_of_many_customers(self):
        players = [cast.player(f"Customer-{number}", USD) for number in range(3)]
        for who in players:
            for number in range(4):
                promotional(who, f"lot {number}", days=1 + number)
        assert lots.expire(now=NOW + timedelta(days=3)) == 9 * 100 * OUTPUT_TOKEN
        assert [who.wallet().balance_nanos for who in players] == [USD + 100 * OUTPUT_TOKEN] * 3

    def test_goes_on_until_nothing_lapses(self, alice: cast.Player, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(lots, "BATCH", 2)
        for number in range(5):
            promotional(alice, f"lot {number}", days=1)
        held = cast.hold(alice, out=50, ttl_s=24 * 3600)

        assert lots.expire(now=NOW + timedelta(days=1)) == 450 * OUTPUT_TOKEN

        end.expire(now=held.expires_at)
        assert lots.expire(now=held.expires_at) == 50 * OUTPUT_TOKEN

    def test_goes_on_with_the_others_when_one_customer_fails(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(lots, "BATCH", 2)
        players = sorted((cast.player(name) for name in ("Alice", "Charlie", "Dora")), key=lambda who: who.id)
        for who in players:
            for number in range(3):
                promotional(who, f"lot {number}", days=1)
        broken, *others = players
        wallet = Wallet.objects.filter(customer_id=broken.id)
        wallet.update(last_seq=0)

        with structlog.testing.capture_logs() as logs:
            assert lots.expire(now=NOW + timedelta(days=1)) == 6 * 100 * OUTPUT_TOKEN

        assert [who.wallet().balance_nanos for who in others] == [0, 0]
        assert broken.wallet().balance_nanos == 300 * OUTPUT_TOKEN
        assert [(line["event"], line["log_level"], line["customer_id"]) for line in logs] == [
            ("lot not expired", "error", str(broken.id))
        ]

        wallet.update(last_seq=3)
        assert lots.expire(now=NOW + timedelta(days=1)) == 3 * 100 * OUTPUT_TOKEN
