"""Refunds from all sides at once: one debit for each, never more than was paid, nothing below zero."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from uuid_utils.compat import uuid7

from billing.errors import Unacceptable
from billing.models import LedgerTransaction, Refund
from billing.payments.protocol import DisputeSeen, MoneyMoved
from tests import cast
from tests.billing.refunds.purchases import ask, bought, deliver, found, kinds
from tests.billing.top_ups.purchases import again, begin, look
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("committed_db")

Hire = Callable[[int], Crew]


@pytest.fixture
def crew(committed_db: None) -> Iterator[Hire]:
    crews: list[Crew] = []

    def hire(size: int) -> Crew:
        crews.append(Crew(size))
        return crews[-1]

    yield hire
    for each in crews:
        each.go_home()


class TestOneRefund:
    def test_seen_20_times_at_once_is_debited_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        threads = crew(10)
        for number in range(1, 5):
            found(top_up, stripe, 100)
            threads.share([top_up] * 20, look)
            assert Refund.objects.count() == number
            assert alice.wallet().balance_nanos == (20 - number) * USD

    def test_seen_20_times_with_its_payment_is_credited_and_debited_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up = begin(alice)
        stripe.pay(top_up.object_id)
        found(top_up, stripe, 500)
        crew(10).share([top_up] * 20, look)
        assert kinds(alice) == ["top_up", "refund"]
        assert alice.wallet().balance_nanos == 15 * USD

    def test_by_an_operator_and_its_event_is_one(self, stripe: StandIn, crew: Hire):
        """Sent twice while messages about it make others look."""
        alice = cast.player("Alice")
        top_up = bought(alice, stripe)
        threads = crew(8)
        for number in range(1, 6):
            refund = ask(top_up, 100).refund
            jobs: list[Callable[[], object]] = [partial(deliver, refund)] * 2 + [partial(look, top_up)] * 6
            threads.each(jobs)
            assert Refund.objects.filter(origin="operator", state="succeeded").count() == number
            assert Refund.objects.count() == number
            assert alice.wallet().balance_nanos == (20 - number) * USD
        assert len(stripe.payments[top_up.object_id].refunds) == 5

    def test_asked_for_from_16_sides_under_one_id_is_debited_once(self, stripe: StandIn, crew: Hire):
        alice = cast.player("Alice")
        top_up, refund_id = bought(alice, stripe), uuid7()
        given = crew(8).share([refund_id] * 16, lambda each: ask(top_up, 100, refund_id=each).is_new)
        assert sorted(given) == [False] * 15 + [True]
        assert alice.wallet().balance_nanos == 19 * USD


class TestManyRefunds:
    def test_of_40_percent_each_are_two(self, stripe: StandIn, crew: Hire):
        threads = crew(6)
        for round_ in range(5):
            alice = cast.player(f"Alice{round_}", 100 * USD)
            top_up = bought(alice, stripe)

            def attempt(_: int, top_up=top_up) -> bool:
                try:
                    deliver(ask(top_up, 800).refund)
                except Unacceptable:
                    return False
                return True

            assert sum(threads.together(attempt)) == 2
            assert again(top_up).refunded_minor == 1600
            assert alice.wallet().balance_nanos == 104 * USD


class TestAgainstUsage:
    def test_settles_or_is_refused_and_nobody_is_overdrawn(self, stripe: StandIn, crew: Hire):
        cast.model()
        threads = crew(4)
        for round_ in range(6):
            alice = cast.player(f"Alice{round_}")
            top_up = bought(alice, stripe)
            held = cast.hold(alice, out=128_000)
            cast.send(cast.report(alice, held.request_id, output=100_000))

            def refund(minor: int, top_up=top_up) -> int:
                try:
                    return deliver(ask(top_up, minor).refund).debit_nanos
                except Unacceptable:
                    return 0

            jobs: list[Callable[[], object]] = [cast.settle] * 2 + [partial(refund, 1500)] * 2
            refunded = threads.each(jobs)
            wallet = alice.wallet()
            taken = sum(each for each in refunded if isinstance(each, int))
            assert taken == 15 * USD
            assert wallet.balance_nanos == 20 * USD - taken - 100_000 * OUTPUT_TOKEN
            assert (wallet.held_nanos, wallet.debt_nanos) == (0, 0)

    def test_of_a_dispute_leaves_debt_for_what_was_used(self, stripe: StandIn, crew: Hire):
        cast.model()
        threads = crew(6)
        for round_ in range(6):
            alice = cast.player(f"Alice{round_}")
            top_up = bought(alice, stripe)
            cast.send(*(cast.report(alice, output=500_000) for _ in range(3)))
            moved = MoneyMoved(f"txn_{round_}", -2000, 1500, "USD")
            dispute = DisputeSeen(f"du_{round_}", "needs_response", "fraudulent", 2000, "USD", (moved,))
            stripe.show(top_up.object_id, disputes=(dispute,))
            jobs: list[Callable[[], object]] = [cast.settle] * 2 + [partial(look, top_up)] * 4
            threads.each(jobs)
            cast.settle()
            wallet = alice.wallet()
            assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 1_500_000 * OUTPUT_TOKEN)
            posted = LedgerTransaction.objects.filter(customer_id=alice.id, kind="dispute")
            assert posted.count() == 2
