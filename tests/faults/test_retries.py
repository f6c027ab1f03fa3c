"""Gateways that ask again and again: one effect and one answer for each request id."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import close_old_connections
from django.utils import timezone

from billing.models import Hold
from billing.services.holds import place
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.concurrency.test_holds import outcome
from tests.faults.insistence import MOST_TRIES
from tests.faults.sizes import times
from tests.gateways import Gateway, Response
from usage.models import Charge, UsageConflict

Hire = Callable[[int], Crew]


def answer(response: Response) -> str:
    """What a gateway acts on; the credit that is left differs from one moment to the next."""
    content: dict[str, Any] = json.loads(response.content)
    content.pop("available", None)
    return f"{response.status_code} {json.dumps(content)}"


def post(gateway: Gateway, call: tuple[str, dict[str, Any]]) -> str:
    """Ask, and ask again where the wallet was locked for too long: that is what 503 means."""
    for _ in range(MOST_TRIES):
        response = gateway.post(*call)
        # The test client leaves its connection open, unlike a server.
        close_old_connections()
        if response.status_code != 503:
            return answer(response)
    raise AssertionError("the service never answered")


class TestStorm:
    def test_of_50_retries_for_each_id_holds_once(self, crew: Hire, gateway: Gateway):
        """32 connections; every fourth id is Dora's, who has no credit: the refusal is one answer, too."""
        alice, dora = cast.player("Alice", 100 * USD), cast.player("Dora")
        bodies = [gateways.hold_body(dora if n % 4 == 3 else alice) for n in range(times(4))]
        calls = [("holds", body) for _ in range(50) for body in bodies]

        answers = crew(32).share(calls, partial(post, gateway))

        seen = {(body["request_id"], each) for (_, body), each in zip(calls, answers, strict=True)}
        assert len(seen) == len(bodies)
        assert Counter(each.split()[0] for _, each in seen) == {"201": times(3), "402": times(1)}
        assert Hold.objects.count() == len(bodies)
        assert alice.wallet().held_nanos == times(3) * 1000 * OUTPUT_TOKEN

    def test_on_the_whole_life_of_a_request_charges_it_once(self, crew: Hire, gateway: Gateway):
        """Extension, report and release, each from eight connections at once."""
        alice, threads = cast.player("Alice", 100 * USD), crew(8)
        bounds = {"bounds": {"input": 0, "output": 2000}}

        for number in range(1, times(3) + 1):
            used, unused = cast.hold(alice), cast.hold(alice)
            until = (timezone.now() + timedelta(hours=1)).isoformat()
            event = gateways.event_body(alice, request_id=str(used.request_id), meters={"output": 1})
            for call, statuses in (
                ((f"holds/{used.request_id}/extend", bounds | {"expires_at": until}), {"200"}),
                (("usage", {"events": [event]}), {"202"}),
                ((f"holds/{unused.request_id}/release", {"reason": "not sent"}), {"200"}),
            ):
                answers = threads.together(lambda _, call=call: post(gateway, call))  # type: ignore[misc]
                assert {each.split()[0] for each in answers} == statuses
            cast.settle()

            assert Charge.objects.count() == number
            wallet = alice.wallet()
            assert (wallet.balance_nanos, wallet.held_nanos) == (100 * USD - number * OUTPUT_TOKEN, 0)


class TestOtherBody:
    def test_under_a_known_id_is_a_conflict_and_holds_nothing(self, crew: Hire):
        """1,000 holds that differ from a stored one in one way each."""
        alice = cast.player("Alice", 100 * USD)
        first = cast.hold_request(alice)
        place.hold(first, now=timezone.now())
        others = [replace(first, ttl_s=901 + n) for n in range(times(1000))]

        assert set(crew(8).share(others, outcome)) == {"request_conflict"}
        assert alice.wallet().held_nanos == 1000 * OUTPUT_TOKEN

    @pytest.mark.parametrize("is_settled", [False, True])
    def test_of_a_known_report_is_kept_and_charged_nothing(self, crew: Hire, is_settled: bool):
        alice = cast.player("Alice", 100 * USD)
        first = cast.report(alice, output=1)
        cast.send(first)
        if is_settled:
            cast.settle()
        others = [cast.report(alice, first.request_id, output=2 + n) for n in range(times(500))]

        results = crew(8).share([others[n::25] for n in range(25)], lambda batch: cast.send(*batch))
        cast.settle()

        assert {result.result for batch in results for result in batch} == {"conflict"}
        assert UsageConflict.objects.count() == len(others)
        assert alice.wallet().balance_nanos == 100 * USD - OUTPUT_TOKEN
