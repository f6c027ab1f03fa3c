"""Holds that race: never more is set aside than is there, and one request id is one hold."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.errors import Refused, RequestConflict
from billing.models import Hold
from billing.services.holds import end, place
from billing.services.holds.requests import HoldAnswer, HoldRequest
from tests import cast
from tests.cast import OUTPUT_TOKEN
from tests.concurrency.crew import Crew

Hire = Callable[[int], Crew]


def outcome(request: HoldRequest) -> HoldAnswer | str:
    """The hold, or the code it was refused with."""
    try:
        return place.hold(request, now=timezone.now())
    except (Refused, RequestConflict) as error:
        return error.code


def give_back(hold: HoldRequest) -> end.EndedHold:
    return end.release(
        request_id=hold.request_id, gateway_id=hold.gateway_id, reason="round over", now=timezone.now()
    )


def race(threads: Crew, requests: Sequence[HoldRequest]) -> tuple[list[HoldAnswer], Counter[str]]:
    """Place holds from all threads at once, and return what was placed and how often which code refused."""
    outcomes = threads.share(requests, outcome)
    placed = [each for each in outcomes if isinstance(each, HoldAnswer)]
    refused = Counter(each for each in outcomes if isinstance(each, str))
    return placed, refused


def next_round(threads: Crew, requests: Sequence[HoldRequest], placed: Sequence[HoldAnswer]) -> None:
    ids = {each.request_id for each in placed}
    threads.share([request for request in requests if request.request_id in ids], give_back)


class TestFiftyHolds:
    def test_on_credit_for_ten_leave_exactly_ten_open_in_each_of_200_rounds(self, crew: Hire):
        alice = cast.player("Alice", 10_000 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=1000)
        threads = crew(25)

        for _ in range(200):
            requests = [replace(base, request_id=uuid7()) for _ in range(50)]
            placed, refused = race(threads, requests)

            assert (len(placed), refused) == (10, {"insufficient_credit": 40})
            wallet = alice.wallet()
            assert wallet.balance_nanos == wallet.held_nanos == 10_000 * OUTPUT_TOKEN
            next_round(threads, requests, placed)
            assert alice.wallet().held_nanos == 0


class TestHoldAndRelease:
    def test_on_a_wallet_that_is_always_full_never_fail(self, crew: Hire):
        """12 threads on credit for 5: each hold is placed or refused, and what is released is held again."""
        alice = cast.player("Alice", 5 * 1000 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=1000)

        def work(_: int) -> Counter[str]:
            seen: Counter[str] = Counter()
            for _ in range(60):
                request = replace(base, request_id=uuid7())
                found = outcome(request)
                seen[found if isinstance(found, str) else "placed"] += 1
                if isinstance(found, HoldAnswer):
                    give_back(request)
            return seen

        seen = sum(crew(12).together(work), Counter())
        assert seen.keys() == {"placed", "insufficient_credit"}
        assert alice.wallet().held_nanos == 0


class TestOneRequestId:
    def test_from_32_threads_is_one_hold_with_one_answer(self, crew: Hire):
        alice = cast.player("Alice", 1_000_000 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=100)
        threads = crew(32)

        for round_ in range(1, 21):
            request = replace(base, request_id=uuid7())
            answers = threads.share([request] * 32, outcome)

            assert all(isinstance(each, HoldAnswer) for each in answers)
            assert len({replace(each, is_replay=False) for each in answers}) == 1  # type: ignore[type-var]
            assert sum(not each.is_replay for each in answers) == 1  # type: ignore[union-attr]
            assert alice.wallet().held_nanos == round_ * 100 * OUTPUT_TOKEN

    def test_that_does_not_fit_is_refused_32_times_and_stored_once(self, crew: Hire):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        request = cast.hold_request(alice, out=1001)

        assert set(crew(32).together(lambda _: outcome(request))) == {"insufficient_credit"}
        assert Hold.objects.get().state == "refused"

    def test_with_32_contents_is_one_hold_and_31_conflicts(self, crew: Hire):
        alice = cast.player("Alice", 1_000_000 * OUTPUT_TOKEN)
        base = cast.hold_request(alice)

        outcomes = crew(32).together(
            lambda n: outcome(replace(base, bounds=replace(base.bounds, output=100 + n)))
        )

        placed = [each for each in outcomes if isinstance(each, HoldAnswer)]
        assert outcomes.count("request_conflict") == 31
        assert [each.amount_nanos for each in placed] == [alice.wallet().held_nanos]

    def test_is_clamped_once(self, crew: Hire):
        alice = cast.player("Alice", 700 * OUTPUT_TOKEN)
        request = cast.hold_request(alice, out=1000, min_output=1)

        answers = crew(32).together(lambda _: outcome(request))
        assert {each.max_output for each in answers} == {700}  # type: ignore[union-attr]
        assert alice.wallet().available_nanos == 0


class TestClamping:
    def test_under_contention_hands_out_exactly_what_is_there(self, crew: Hire):
        alice = cast.player("Alice", 2500 * OUTPUT_TOKEN)
        base = cast.hold_request(alice, out=1000, min_output=1)
        threads = crew(20)

        for _ in range(25):
            requests = [replace(base, request_id=uuid7()) for _ in range(20)]
            placed, refused = race(threads, requests)

            assert sorted(each.max_output for each in placed) == [500, 1000, 1000]
            assert refused == {"insufficient_credit": 17}
            assert alice.wallet().available_nanos == 0
            next_round(threads, requests, placed)
