"""Credit that races debits, and effects that are posted from many sides at once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from accounts.models import User
from billing.errors import Unacceptable
from billing.models import CreditLot, LedgerTransaction
from billing.services import credits, lots
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew

Hire = Callable[[int], Crew]


def grant(customer_id: UUID, amount: int, effect_key: str) -> bool:
    return credits.grant(
        customer_id=customer_id,
        amount_nanos=amount,
        reason="welcome",
        effect_key=effect_key,
        now=timezone.now(),
    )


def take(customer_id: UUID, amount: int, author_id: UUID) -> bool:
    try:
        return credits.adjust(
            customer_id=customer_id,
            amount_nanos=-amount,
            reason="correction",
            author_id=author_id,
            effect_key=f"adjust:{uuid7()}",
            now=timezone.now(),
        )
    except Unacceptable:
        return False


class TestFiftyDebits:
    def test_on_money_for_ten_take_exactly_ten(self, crew: Hire):
        """20 rounds of the slow path, which locks, decides and writes in statements of their own."""
        alice = cast.player("Alice")
        author_id = User.objects.get().id
        threads = crew(10)

        for _ in range(20):
            cast.fund(alice.id, 10 * USD)
            taken = threads.share([USD] * 50, partial(take, alice.id, author_id=author_id))
            assert sum(taken) == 10
            assert alice.wallet().balance_nanos == 0
            assert not CreditLot.objects.filter(remaining_nanos__gt=0).exists()


class TestOneEffect:
    def test_from_16_threads_is_posted_once(self, crew: Hire):
        dora = cast.player("Dora")
        threads = crew(16)

        for number in range(1, 11):
            posted = threads.share([f"promo:{number}"] * 16, partial(grant, dora.id, USD))
            assert sorted(posted) == [False] * 15 + [True]
            assert dora.wallet().balance_nanos == number * USD
        assert LedgerTransaction.objects.count() == CreditLot.objects.count() == 10

    def test_of_a_lot_that_expires_is_posted_once(self, crew: Hire):
        alice = cast.player("Alice", USD)
        expires_at = timezone.now() + timedelta(hours=1)
        for _ in range(20):
            cast.fund(alice.id, USD, expires_at=expires_at)

        lapsed = crew(8).together(lambda _: lots.expire(now=expires_at))
        assert sum(lapsed) == 20 * USD
        assert alice.wallet().balance_nanos == USD


class TestCreditAgainstDebit:
    def test_comes_out_exact(self, crew: Hire, settings: Settings):
        """Grants, charges, corrections and expiry of lots at once; Dora owes and is credited all the time."""
        settings.SETTLE_BATCH_SIZE = 10
        dora = cast.player("Dora")
        author_id = User.objects.get().id

        def give(count: int) -> int:
            return sum(grant(dora.id, 3 * OUTPUT_TOKEN, f"grant:{uuid7()}") for _ in range(count))

        def use(count: int) -> int:
            for _ in range(count):
                cast.send(cast.report(dora, output=4))
                cast.settle()
            return count

        def correct(count: int) -> int:
            return sum(take(dora.id, OUTPUT_TOKEN, author_id) for _ in range(count))

        done = crew(9).each([partial(work, 20) for work in [give, use, correct] * 3])
        given, used, corrected = sum(done[0::3]), sum(done[1::3]), sum(done[2::3])
        cast.settle()

        wallet = dora.wallet()
        assert (given, used) == (60, 60)
        assert wallet.balance_nanos - wallet.debt_nanos == (180 - 240 - corrected) * OUTPUT_TOKEN
