"""The table "What usage can meet": events that cannot be charged as they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import prices
from catalog.models import LanguageModel, Provider
from tests import cast
from tests.cast import USD
from tests.usage.outcomes import ACCEPTED, answers, spent
from usage.models import Charge, QuarantinedEvent
from usage.services.reports import Report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


DAYS, MINUTES, SECOND = timedelta(days=35), timedelta(minutes=5), timedelta(seconds=1)


class TestQuarantine:
    def expect(self, report: Report, code: str) -> None:
        for _ in range(2):
            assert answers(report) == [("quarantined", code)]
        assert cast.settle().events == 0
        kept = QuarantinedEvent.objects.get()
        assert (kept.code, kept.payload, kept.resolved_at) == (code, report.payload, None)
        assert (kept.request_id, bytes(kept.fingerprint)) == (report.request_id, report.fingerprint())
        assert not Charge.objects.exists()

    def test_takes_an_unknown_key(self, alice: cast.Player):
        self.expect(cast.report(alice, output=1, key_digest=b"\1" * 32), "unknown_key")

    def test_takes_an_unknown_model(self, alice: cast.Player):
        self.expect(cast.report(alice, output=1, model="claude-unknown"), "unknown_model")

    def test_takes_a_model_without_a_price(self, alice: cast.Player):
        LanguageModel.objects.create(
            provider=Provider.objects.get(),
            slug="not-priced",
            name="Not priced",
            description="A model without a price.",
            context_tokens=1000,
            max_output_tokens=1000,
        )
        prices.forget()
        self.expect(cast.report(alice, output=1, model="not-priced"), "no_price")

    @pytest.mark.parametrize("skew", [MINUTES + SECOND, -DAYS - SECOND, timedelta(days=-300)])
    def test_takes_an_id_from_another_time(self, alice: cast.Player, skew: timedelta):
        request_id = cast.id_at(timezone.now() + skew)
        self.expect(cast.report(alice, request_id, output=1), "request_id_out_of_window")

    def test_leaves_what_is_known_already_a_duplicate_or_conflict_for_life(self, alice: cast.Player):
        report = cast.report(alice, output=1)
        cast.send(report)
        cast.settle()

        later = timezone.now() + timedelta(days=80)
        other = cast.report(alice, report.request_id, output=2)
        results = cast.send(report, other, now=later)
        assert [result.result for result in results] == ["duplicate", "conflict"]
        assert not QuarantinedEvent.objects.exists()

    @pytest.mark.parametrize("skew", [MINUTES - SECOND, -DAYS + SECOND])
    def test_leaves_an_id_alone_that_is_just_in_time(self, alice: cast.Player, skew: timedelta):
        assert answers(cast.report(alice, cast.id_at(timezone.now() + skew), output=1)) == ACCEPTED
        assert cast.settle().charges == 1

    @pytest.mark.parametrize(
        "meters",
        [{}, {"output": 1_000_000_001}, {"output": 1, "cache_write_1h": 2**31 - 1}],
    )
    def test_takes_impossible_meters(self, alice: cast.Player, meters: dict[str, Any]):
        self.expect(cast.report(alice, **meters), "impossible_meters")

    def test_takes_the_bad_ones_of_a_batch_only(self, alice: cast.Player):
        reports = [
            cast.report(alice, output=1),
            cast.report(alice, output=2, model="claude-unknown"),
            cast.report(alice, output=3),
        ]
        assert answers(*reports) == [("accepted", None), ("quarantined", "unknown_model"), ("accepted", None)]
        cast.settle()
        assert spent(alice) == 4
