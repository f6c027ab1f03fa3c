"""The table "What usage can meet": new events, repeated ones, and other bodies under a known id."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.models import LanguageModel
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.usage.outcomes import ACCEPTED, CONFLICT, DUPLICATE, answers, spent
from usage.models import Charge, UsageConflict, UsageEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


class TestNewEvent:
    def test_is_accepted_and_charged(self, alice: cast.Player):
        report = cast.report(alice, output=7, outcome="client_gone", evidence="partial", reported_cost=5)
        assert answers(report) == ACCEPTED
        cast.settle()
        charge = Charge.objects.get()
        assert (charge.request_id, charge.amount_nanos) == (report.request_id, 7 * OUTPUT_TOKEN)
        assert (charge.outcome, charge.evidence, charge.reported_cost_nanos) == ("client_gone", "partial", 5)
        assert bytes(charge.fingerprint) == report.fingerprint()
        assert (charge.customer_id, charge.api_key_id) == (alice.id, alice.api_key_id)

    @pytest.mark.parametrize(
        "outcome", ["completed", "client_gone", "upstream_error", "timeout", "gateway_lost"]
    )
    @pytest.mark.parametrize("evidence", ["reported", "partial", "estimated"])
    def test_is_charged_whatever_its_outcome(self, alice: cast.Player, outcome: str, evidence: str):
        answers(cast.report(alice, output=1, outcome=outcome, evidence=evidence))
        cast.settle()
        assert spent(alice) == 1


class TestSameBody:
    def test_in_the_inbox_is_a_duplicate(self, alice: cast.Player):
        request_id = uuid7()
        assert answers(cast.report(alice, request_id, output=7)) == ACCEPTED
        assert answers(cast.report(alice, request_id, output=7)) == DUPLICATE
        cast.settle()
        assert spent(alice) == 7

    def test_after_settling_is_a_duplicate_for_life(self, alice: cast.Player):
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7))
        cast.settle()
        for days in (0, 1, 34):
            now = timezone.now() + timedelta(days=days)
            assert answers(cast.report(alice, request_id, output=7), now=now) == DUPLICATE
        assert cast.settle().events == 0
        assert spent(alice) == 7

    def test_twice_in_one_batch_is_a_duplicate(self, alice: cast.Player):
        request_id = uuid7()
        twice = [cast.report(alice, request_id, output=7) for _ in range(2)]
        assert answers(*twice) == ACCEPTED + DUPLICATE
        cast.settle()
        assert spent(alice) == 7
        assert not UsageConflict.objects.exists()


class TestOtherBody:
    @pytest.mark.parametrize(
        "change",
        [
            {"output": 8},
            {"output": 7, "input": 0},
            {"output": 7, "outcome": "timeout"},
            {"output": 7, "evidence": "estimated"},
            {"output": 7, "reported_cost": 1},
        ],
    )
    @pytest.mark.parametrize("settled", [False, True])
    def test_is_a_conflict_and_the_first_stands(
        self, alice: cast.Player, change: dict[str, Any], settled: bool
    ):
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7))
        if settled:
            cast.settle()
        other = cast.report(alice, request_id, **change)

        for _ in range(2):
            assert answers(other) == CONFLICT
        cast.settle()

        assert spent(alice) == 7
        conflict = UsageConflict.objects.get()
        assert (conflict.customer_id, conflict.request_id) == (alice.id, request_id)
        assert conflict.payload == other.payload
        assert answers(cast.report(alice, request_id, output=7)) == DUPLICATE

    def test_in_one_batch_keeps_the_first_and_lists_the_others(self, alice: cast.Player):
        request_id = uuid7()
        bodies = [cast.report(alice, request_id, output=n) for n in (7, 8, 9, 8, 7)]
        assert answers(*bodies) == ACCEPTED + 3 * CONFLICT + DUPLICATE
        cast.settle()
        assert spent(alice) == 7
        assert UsageConflict.objects.count() == 2

    def test_that_slipped_into_the_inbox_after_the_charge_is_kept_too(self, alice: cast.Player):
        """As when an event is charged between the snapshot and the insert of a second delivery."""
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7))
        event = UsageEvent.objects.get()
        cast.settle()
        same, other = (
            UsageEvent(**{f.attname: getattr(event, f.attname) for f in event._meta.concrete_fields})
            for _ in range(2)
        )
        same.save(force_insert=True)
        assert cast.settle().charges == 0
        assert not UsageConflict.objects.exists()

        other.output, other.fingerprint = 8, b"another body"
        other.save(force_insert=True)
        assert cast.settle().charges == 0
        assert UsageConflict.objects.get().payload["output"] == 8
        assert spent(alice) == 7
        assert not UsageEvent.objects.exists()

    def test_of_another_customer_is_another_request(self, alice: cast.Player):
        charlie = cast.player("Charlie", USD)
        request_id = uuid7()
        both = [cast.report(alice, request_id, output=7), cast.report(charlie, request_id, output=8)]
        assert answers(*both) == ACCEPTED * 2
        cast.settle()
        assert (spent(alice), spent(charlie)) == (7, 8)
