"""Settlers that race: each request is charged once and each hold ends once, whoever else is at it."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from billing.errors import Refused, RequestConflict
from billing.models import Hold, Wallet
from billing.services.holds import end, extend, place
from billing.services.holds.requests import HoldAnswer
from catalog.rating import Bounds
from tests import cast
from tests.cast import OUTPUT_TOKEN, Player
from tests.concurrency.crew import Crew
from tests.concurrency.test_holds import outcome
from usage.models import Charge, UsageDaily, UsageEvent
from usage.services.reports import Report

Hire = Callable[[int], Crew]


def customers(count: int, credit: int) -> list[Player]:
    return [cast.player(f"Customer-{number}", credit) for number in range(count)]


def report_all(reports: list[Report]) -> None:
    for start in range(0, len(reports), 500):
        assert {each.result for each in cast.send(*reports[start : start + 500])} == {"accepted"}


def settle(_: int = 0) -> int:
    return cast.settle().charges


class TestEightSettlers:
    @pytest.mark.parametrize("credit", [0, 10**9])
    def test_charge_each_event_of_one_inbox_once(self, crew: Hire, settings: Settings, credit: int):
        """4000 events of 40 customers; without credit all of it becomes debt."""
        settings.SETTLE_BATCH_SIZE = 100
        players = customers(40, credit)
        reports = [cast.report(players[n % 40], output=1 + n % 7) for n in range(4000)]
        report_all(reports)

        with capture_logs() as logs:
            settled = crew(8).together(lambda _: cast.settle())
        assert sum(each.events for each in settled) == sum(each.charges for each in settled) == 4000
        assert logs == [], "a batch failed, on a deadlock for example, and was tried again"

        total = sum(1 + n % 7 for n in range(4000)) * OUTPUT_TOKEN
        assert not UsageEvent.objects.exists()
        assert Charge.objects.count() == 4000
        assert UsageDaily.objects.aggregate(Sum("amount_nanos"))["amount_nanos__sum"] == total
        sums = Wallet.objects.aggregate(Sum("balance_nanos"), Sum("debt_nanos"))
        assert sums["balance_nanos__sum"] - sums["debt_nanos__sum"] == 40 * credit - total

    def test_of_one_customer_take_turns(self, crew: Hire, settings: Settings):
        settings.SETTLE_BATCH_SIZE = 25
        alice = cast.player("Alice", 10**9)
        report_all([cast.report(alice, output=1) for _ in range(800)])

        with capture_logs() as logs:
            assert sum(crew(8).together(settle)) == 800
        assert logs == []
        assert alice.wallet().balance_nanos == 10**9 - 800 * OUTPUT_TOKEN


def place_holds(players: list[Player], count: int, *, now: datetime) -> list[HoldAnswer]:
    """Holds of 100 tokens each, which expire one second after the other."""
    bases = [cast.hold_request(player, out=100) for player in players]
    return [
        place.hold(replace(bases[n % len(bases)], request_id=uuid7(), ttl_s=60 + n % 60), now=now)
        for n in range(count)
    ]


class TestSettlementAgainstExpiry:
    def test_ends_each_of_400_holds_once(self, crew: Hire, settings: Settings):
        """Four threads settle while four let the clock run, second by second, until all holds are over."""
        settings.SETTLE_BATCH_SIZE = 20
        now = timezone.now()
        players = customers(20, 10**9)
        holds = place_holds(players, 400, now=now)
        report_all(
            [cast.report(players[n % 20], hold.request_id, output=100) for n, hold in enumerate(holds)]
        )

        def expire(_: int = 0) -> int:
            return sum(end.expire(now=now + timedelta(seconds=second)) for second in range(60, 121))

        ended = crew(8).each([settle, expire] * 4)

        settled, expired = (Hold.objects.filter(state=state).count() for state in ("settled", "expired"))
        assert (sum(ended[::2]), sum(ended[1::2])) == (400, expired)
        assert settled + expired == 400
        assert Charge.objects.filter(hold_amount_nanos__isnull=False).count() == settled
        for wallet in Wallet.objects.all():
            assert (wallet.balance_nanos, wallet.held_nanos) == (10**9 - 2000 * OUTPUT_TOKEN, 0)


def extend_again_and_again(request_id: UUID, gateway_id: int) -> None:
    for output in (200, 50, 300):
        now = timezone.now()
        try:
            extend.hold(
                request_id=request_id,
                gateway_id=gateway_id,
                bounds=Bounds(0, output),
                expires_at=now + timedelta(seconds=120),
                now=now,
            )
        except (RequestConflict, Refused):
            return


def release(request_id: UUID, gateway_id: int) -> None:
    with contextlib.suppress(RequestConflict):
        end.release(request_id=request_id, gateway_id=gateway_id, reason="gave up", now=timezone.now())


class TestSettlementAgainstTheGateway:
    def test_and_expiry_end_a_hold_once_whatever_the_gateway_does_meanwhile(self, crew: Hire):
        """Settle, extend, release and expire the same hold at once, 60 times."""
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        threads, gateway_id = crew(4), cast.gateway().id

        for number in range(60):
            held = cast.hold(alice, out=100)
            report_all([cast.report(alice, held.request_id, output=10)])
            jobs: list[Callable[[], object]] = [
                settle,
                partial(extend_again_and_again, held.request_id, gateway_id),
                partial(release, held.request_id, gateway_id),
                partial(end.expire, now=held.expires_at if number % 2 else timezone.now()),
            ]
            threads.each(jobs)
            settle()

            wallet = alice.wallet()
            spent = (number + 1) * 10 * OUTPUT_TOKEN
            assert (wallet.balance_nanos, wallet.held_nanos) == (1000 * OUTPUT_TOKEN - spent, 0)


class TestHoldThatWaitedForItsCharge:
    """The statement that places it began before the charge was committed, and cannot see it."""

    @pytest.mark.parametrize("min_output", [None, 1])
    @pytest.mark.parametrize("limited", [False, True])
    def test_is_not_placed(self, crew: Hire, min_output: int | None, limited: bool):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        if limited:
            cast.limit(alice, 1000 * OUTPUT_TOKEN)
        request = cast.hold_request(alice, out=100, min_output=min_output)

        with transaction.atomic():
            cast.send(cast.report(alice, request.request_id, output=10))
            cast.settle()
            waiting = crew(1).begin(partial(outcome, request))

        assert waiting.result() == "request_conflict"
        assert not Hold.objects.exists()
        assert alice.wallet().held_nanos == 0
