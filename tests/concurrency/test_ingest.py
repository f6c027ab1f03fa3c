"""Gateways that report the same events at the same moment."""

from collections import Counter
from collections.abc import Callable

import pytest
from uuid_utils.compat import uuid7

from tests import cast
from tests.cast import USD
from tests.concurrency.crew import Crew
from usage.models import Charge, QuarantinedEvent, UsageConflict, UsageEvent
from usage.services.reports import Report

Hire = Callable[[int], Crew]


def in_both_orders(threads: Crew, reports: list[Report]) -> Counter[tuple[str, str]]:
    """Send the reports forwards and backwards at once, and count the pairs of results of one event."""
    forwards, backwards = threads.each([lambda: cast.send(*reports), lambda: cast.send(*reversed(reports))])
    return Counter(
        tuple(sorted((one.result, other.result)))  # type: ignore[misc]
        for one, other in zip(forwards, reversed(backwards), strict=True)
    )


class TestTwoIngests:
    def test_of_the_same_ids_in_opposite_order_accept_each_once(self, crew: Hire):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        threads = crew(2)

        for _ in range(10):
            reports = [cast.report(who, output=1) for who in (alice, charlie) for _ in range(150)]
            assert in_both_orders(threads, reports) == {("accepted", "duplicate"): 300}
        assert UsageEvent.objects.count() == 3000

    def test_of_other_bodies_keep_one_of_each_as_conflict(self, crew: Hire):
        alice = cast.player("Alice", USD)
        threads = crew(2)

        for _ in range(10):
            first = [cast.report(alice, output=1) for _ in range(100)]
            other = [cast.report(alice, each.request_id, output=2) for each in first]
            third = [cast.report(alice, each.request_id, output=3) for each in first]
            forwards = [report for three in zip(first, other, third, strict=True) for report in three]
            seen = in_both_orders(threads, forwards)
            assert sum(seen.values()) == 300
            assert {result for pair in seen for result in pair} == {"accepted", "conflict", "duplicate"}
        assert UsageEvent.objects.count() == 1000
        assert UsageConflict.objects.count() == 2000

    def test_of_events_that_cannot_be_charged_quarantine_each_once(self, crew: Hire):
        alice = cast.player("Alice", USD)
        threads = crew(2)

        for _ in range(10):
            first = [cast.report(alice, model="unknown", output=1) for _ in range(100)]
            other = [cast.report(alice, each.request_id, model="unknown", output=2) for each in first]
            reports = [report for pair in zip(first, other, strict=True) for report in pair]
            assert in_both_orders(threads, reports) == {("quarantined", "quarantined"): 200}
        assert QuarantinedEvent.objects.count() == 2000

    @pytest.mark.parametrize("model", [cast.MODEL, "unknown"])
    def test_of_many_bodies_under_one_id_never_deadlock(self, crew: Hire, model: str):
        alice = cast.player("Alice", USD)
        threads = crew(2)

        for _ in range(5):
            request_id = uuid7()
            bodies = [cast.report(alice, request_id, model=model, output=1 + n) for n in range(400)]
            assert sum(in_both_orders(threads, bodies).values()) == 400
        kept = QuarantinedEvent.objects.count() + UsageConflict.objects.count() + UsageEvent.objects.count()
        assert kept == 2000


class TestIngestAgainstSettlement:
    def test_never_charges_a_repeated_event_again(self, crew: Hire):
        """Six threads deliver the same 200 events over and over while two settle them."""
        alice = cast.player("Alice", USD)
        reports = [cast.report(alice, output=1) for _ in range(200)]

        def deliver() -> set[str]:
            return {
                result.result
                for start in range(0, 200, 50)
                for _ in range(3)
                for result in cast.send(*reports[start : start + 50])
            }

        def settle() -> set[str]:
            for _ in range(20):
                cast.settle()
            return set()

        results = crew(8).each([deliver] * 6 + [settle] * 2)
        settle()

        assert set.union(*results) == {"accepted", "duplicate"}
        assert Charge.objects.count() == 200
        assert not UsageEvent.objects.exists()
        assert not UsageConflict.objects.exists()
