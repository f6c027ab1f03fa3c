"""Correctors that race: a conflict is judged once and corrects once, whoever else moves the wallet."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from billing.errors import Refused
from billing.ledger.book import Book
from billing.models import Wallet
from catalog import prices
from catalog.models import LanguageModel
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN, Player
from tests.concurrency.crew import Crew
from usage.models import Charge, UsageConflict, UsageDaily
from usage.services.corrections import evidence, late_prices, post, standing
from usage.services.corrections.post import Correction

Hire = Callable[[int], Crew]


def estimates(players: list[Player], count: int) -> list[tuple[Player, UUID]]:
    """Requests charged 20 tokens by an estimate."""
    requests = [(players[n % len(players)], uuid7()) for n in range(count)]
    cast.send(*[cast.report(who, id_, output=20, evidence="estimated") for who, id_ in requests])
    cast.settle()
    return requests


def correct(_: int = 0) -> int:
    return evidence.correct(now=timezone.now()).corrections


def charge(correction: Correction) -> None:
    with transaction.atomic():
        book = Book.lock([correction.standing.key[0]], now=timezone.now())
        post.post(book, [correction])
        book.save()


def owed_and_left() -> int:
    """What is left of all wallets, less what is owed."""
    sums = Wallet.objects.aggregate(Sum("balance_nanos"), Sum("debt_nanos"))
    return int(sums["balance_nanos__sum"] - sums["debt_nanos__sum"])


class TestEightCorrectors:
    @pytest.mark.parametrize("credit", [0, 10**9])
    def test_post_each_difference_once(self, crew: Hire, monkeypatch: pytest.MonkeyPatch, credit: int):
        """400 estimates, half of which were too high, and three better bodies for each."""
        monkeypatch.setattr(evidence, "BATCH", 20)
        players = [cast.player(f"Customer-{number}", credit) for number in range(10)]
        requests = estimates(players, 400)
        for extra in (0, 1, 2):
            bodies = [cast.report(who, id_, output=n % 40 + extra) for n, (who, id_) in enumerate(requests)]
            cast.send(*bodies)

        with capture_logs() as logs:
            corrected = crew(8).together(correct)
        assert logs == [], "a batch failed and was tried again"

        assert sum(corrected) == Charge.objects.exclude(corrects=None).count() >= 380
        assert UsageConflict.objects.filter(verdict=None).count() == 0
        answered = UsageConflict.objects.filter(verdict__in=["corrected", "confirmed"])
        assert answered.count() == answered.values("request_id").distinct().count() == 400
        real = answered.aggregate(all=Sum("output"))["all"] * OUTPUT_TOKEN
        assert UsageDaily.objects.aggregate(all=Sum("amount_nanos"))["all"] == real
        assert owed_and_left() == 10 * credit - real

    def test_take_turns_with_settlers_and_holds(self, crew: Hire):
        alice = cast.player("Alice", 100_000 * OUTPUT_TOKEN)
        rounds = [uuid7() for _ in range(120)]
        work = crew(6)

        def report(request_id: UUID) -> None:
            cast.send(cast.report(alice, request_id, output=20, evidence="estimated"))
            cast.send(cast.report(alice, request_id, output=23))

        def use(_: UUID) -> None:
            try:
                held = cast.hold(alice, out=50)
            except Refused:
                return
            cast.send(cast.report(alice, held.request_id, output=1))

        for start in range(0, 120, 20):
            those = rounds[start : start + 20]
            work.each(
                [
                    *(partial(_all, report, part) for part in (those[:10], those[10:])),
                    partial(_all, use, those),
                    partial(_again, cast.settle),
                    *(partial(_again, correct) for _ in range(2)),
                ]
            )
        cast.settle()
        correct()

        assert Charge.objects.filter(corrects__in=rounds).count() == 120
        used = Charge.objects.aggregate(all=Sum("output"))["all"]
        assert used == 120 * 23 + (Charge.objects.count() - 240)
        assert owed_and_left() == (100_000 - used) * OUTPUT_TOKEN


def _all(work: Callable[[UUID], object], requests: list[UUID]) -> None:
    for request_id in requests:
        work(request_id)


def _again(work: Callable[[], object]) -> None:
    for _ in range(10):
        work()


class TestStaleCorrection:
    def test_breaks_the_primary_key_and_moves_nothing(self):
        """What a corrector would do that read before the wallet was locked."""
        alice = cast.player("Alice", 10**9)
        [(_, request_id)] = estimates([alice], 1)
        cast.send(cast.report(alice, request_id, output=25))
        key = alice.id, request_id
        stale = standing.read([key])[key]
        better = stale.differences({stale.price_version_id: (None, 25, None, None, None, None)})
        assert correct() == 1

        before = alice.wallet().balance_nanos
        with pytest.raises(IntegrityError, match="charge_"):
            charge(Correction(stale, better, stale.told, evidence.CAUSE))
        assert alice.wallet().balance_nanos == before

    def test_meets_a_second_answer_in_the_database(self):
        alice = cast.player("Alice", 10**9)
        [(_, request_id)] = estimates([alice], 1)
        for output in (25, 26):
            cast.send(cast.report(alice, request_id, output=output))
        with pytest.raises(IntegrityError, match="usage_conflict_answers_once"):
            UsageConflict.objects.update(verdict="confirmed", judged_at=timezone.now())


class TestLockedWallet:
    def test_does_not_stop_the_others(self, crew: Hire):
        alice, bob = cast.player("Alice", 10**9), cast.player("Bob", 10**9)
        for who, request_id in estimates([alice, bob], 2):
            cast.send(cast.report(who, request_id, output=25))
        with transaction.atomic():
            Book.lock([alice.id], now=timezone.now())
            assert crew(1).together(correct) == [1]
        assert correct() == 1
        assert {alice.wallet().balance_nanos, bob.wallet().balance_nanos} == {10**9 - 25 * OUTPUT_TOKEN}


class TestLatePrices:
    def test_from_many_operators_are_charged_once(self, crew: Hire):
        players = [cast.player(f"Customer-{number}", 10**9) for number in range(5)]
        cast.send(*[cast.report(players[n % 5], output=1, web_search=2) for n in range(50)])
        cast.settle()
        version = _priced_searches()

        done = crew(6).together(
            lambda _: late_prices.price(price_version_id=version, now=timezone.now()).amount_nanos
        )
        assert sum(done) == 50 * 2 * 4_000
        assert owed_and_left() == 5 * 10**9 - 50 * (OUTPUT_TOKEN + 2 * 4_000)

    def test_beside_better_evidence_price_what_was_used(self, crew: Hire):
        alice = cast.player("Alice", 10**9)
        requests = [uuid7() for _ in range(40)]
        cast.send(
            *[cast.report(alice, id_, output=1, web_search=2, evidence="estimated") for id_ in requests]
        )
        cast.settle()
        cast.send(*[cast.report(alice, id_, output=2, web_search=3) for id_ in requests])
        version = _priced_searches()

        def price() -> int:
            return late_prices.price(price_version_id=version, now=timezone.now()).requests

        crew(4).each([correct, price, correct, price])
        price()
        assert owed_and_left() == 10**9 - 40 * (2 * OUTPUT_TOKEN + 3 * 4_000)


def _priced_searches() -> int:
    now = timezone.now()
    published = price_versions.publish(
        model_id=LanguageModel.objects.get().id,
        price_set=PriceSet(
            tuple(
                MeterPrice(meter, picos)
                for meter, picos in {"input": 1_000, "output": 1_000, "web_search": 4_000_000}.items()
            ),
            source="test",
        ),
        now=now,
        effective_at=now + timedelta(minutes=6),
    )
    prices.forget()
    assert published is not None
    return published.id
