"""Streams that end where they should not: what was used is paid, nothing else is, and no hold stays."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Hold
from billing.services.holds import end
from billing.services.holds.requests import HoldAnswer
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.faults.sizes import times
from usage.models import Charge

Hire = Callable[[int], Crew]
INPUT, BOUND = 300, 100
# 300 input tokens at $1.059 per 1M.
INPUT_NANOS = 300 * 1_059


@dataclass(frozen=True)
class Cut:
    """What the gateway still knows when a stream is cut, and what that costs."""

    meters: dict[str, Any]
    evidence: str
    outcome: str
    nanos: int


CUTS = {
    "before the first token": Cut({"input": INPUT, "output": 0}, "partial", "client_gone", INPUT_NANOS),
    "amid the answer": Cut(
        {"input": INPUT, "output": 40}, "partial", "client_gone", INPUT_NANOS + 40 * OUTPUT_TOKEN
    ),
    "after the last token, before its usage": Cut(
        {"input": INPUT, "output": 97}, "estimated", "client_gone", INPUT_NANOS + 97 * OUTPUT_TOKEN
    ),
    "after the provider's usage": Cut(
        {"input": INPUT, "output": 99}, "reported", "completed", INPUT_NANOS + 99 * OUTPUT_TOKEN
    ),
    "by the provider, which counts nothing": Cut({"input": 0, "output": 0}, "reported", "upstream_error", 0),
    "with output alone known": Cut({"output": 40}, "partial", "gateway_lost", 40 * OUTPUT_TOKEN),
}


class TestCutStream:
    @pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
    def test_is_charged_for_what_is_known(self, crew: Hire, cut: Cut):
        """Eight gateways; a third of the reports come again, and a third only after the hold lapsed."""
        alice = cast.player("Alice", 100 * USD)
        count = times(24)

        def stream(number: int) -> HoldAnswer:
            held = cast.hold(alice, tokens_in=INPUT, out=BOUND)
            report = cast.report(
                alice, held.request_id, outcome=cut.outcome, evidence=cut.evidence, **cut.meters
            )
            if number % 3 == 1:
                end.expire(now=held.expires_at + timedelta(seconds=1))
            for _ in range(1 + (number % 3 == 2)):
                cast.send(report)
            cast.settle()
            return held

        crew(8).share(range(count), stream)
        cast.settle()

        assert Charge.objects.count() == count
        assert set(Charge.objects.values_list("amount_nanos", "evidence", "outcome")) == {
            (cut.nanos, cut.evidence, cut.outcome)
        }
        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (100 * USD - count * cut.nanos, 0)
        assert not Hold.objects.filter(state="open").exists()


class TestLostStream:
    def test_of_which_nobody_reports_costs_nothing_and_frees_its_hold(self):
        alice = cast.player("Alice", USD)
        for _ in range(times(20)):
            cast.hold(alice, tokens_in=INPUT, out=BOUND)

        end.expire(now=timezone.now() + timedelta(minutes=16))

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (USD, 0)

    def test_that_named_no_meter_is_no_zero(self):
        """Not reported is not zero: it is kept for a person, and the hold lapses."""
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=BOUND)

        [result] = cast.send(cast.report(alice, held.request_id, outcome="client_gone", evidence="partial"))

        assert (result.result, result.code) == ("quarantined", "impossible_meters")
        end.expire(now=held.expires_at)
        assert alice.wallet().held_nanos == 0
