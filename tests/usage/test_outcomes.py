"""The table "What usage can meet", row by row: the gateway's answer, and what is charged in the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey
from billing.errors import Refused
from billing.models import Debt, Hold
from billing.services import customers, keys
from billing.services.holds import end, place
from billing.services.holds.requests import HoldAnswer
from catalog import prices
from catalog.models import LanguageModel, Provider
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.models import Charge, QuarantinedEvent, UsageConflict, UsageEvent
from usage.services.reports import Report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


def answers(*reports: Report, **how: Any) -> list[tuple[str, str | None]]:
    return [(each.result, each.code) for each in cast.send(*reports, **how)]


ACCEPTED = [("accepted", None)]
DUPLICATE = [("duplicate", None)]
CONFLICT = [("conflict", None)]


def spent(who: cast.Player) -> int:
    """Output tokens charged so far, paid or owed."""
    wallet = who.wallet()
    return (USD - wallet.balance_nanos + wallet.debt_nanos) // OUTPUT_TOKEN


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


def revoke(who: cast.Player) -> None:
    keys.revoke(customer=who.customer, api_key_id=who.api_key_id, now=timezone.now())


def let_expire(who: cast.Player) -> None:
    ApiKey.objects.update(created_at=cast.LONG_AGO, expires_at=timezone.now())


def restrict(who: cast.Player) -> None:
    cast.model("another-model")
    keys.restrict(
        customer=who.customer,
        api_key_id=who.api_key_id,
        allowed_models=["another-model"],
        now=timezone.now(),
    )


def freeze(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="test", now=timezone.now())


def close(who: cast.Player) -> None:
    customers.close(customer_id=who.id, reason="test", now=timezone.now())


def cut_off(who: cast.Player) -> None:
    cast.send(cast.report(who, output=200_000))
    cast.settle()


def retire_model(who: cast.Player) -> None:
    LanguageModel.objects.update(is_active=False)
    prices.forget()


class TestWhatHappened:
    @pytest.mark.parametrize("held", [False, True])
    @pytest.mark.parametrize("change", [revoke, let_expire, restrict, freeze, close, cut_off, retire_model])
    def test_is_charged_although_it_would_be_refused_now(
        self, alice: cast.Player, change: Callable[[cast.Player], None], held: bool
    ):
        request_id = cast.hold(alice, out=100).request_id if held else uuid7()
        change(alice)
        before = spent(alice)

        assert answers(cast.report(alice, request_id, output=60), unheld=not held) == ACCEPTED
        cast.settle()

        assert spent(alice) == before + 60
        assert Charge.objects.get(request_id=request_id).amount_nanos == 60 * OUTPUT_TOKEN
        assert alice.wallet().held_nanos == 0


def refused(who: cast.Player) -> HoldAnswer:
    request = cast.hold_request(who, out=128_000, tokens_in=1_000_000)
    with pytest.raises(Refused):
        place.hold(request, now=timezone.now())
    return HoldAnswer(request.request_id, "refused", 0, request.bounds, timezone.now(), 0, 0)


def released(who: cast.Player) -> HoldAnswer:
    held = cast.hold(who, out=100)
    cast.release(held)
    return held


def expired(who: cast.Player) -> HoldAnswer:
    held = cast.hold(who, out=100)
    end.expire(now=held.expires_at)
    return held


class TestHoldThatIsNotOpen:
    @pytest.mark.parametrize("unheld", [False, True])
    @pytest.mark.parametrize(
        ("hold", "state", "cause"),
        [
            (released, "released", "hold_ended"),
            (expired, "expired", "hold_ended"),
            (refused, "refused", "no_hold"),
        ],
    )
    def test_is_charged_without_it(
        self, hold: Callable[[cast.Player], HoldAnswer], state: str, cause: str, unheld: bool
    ):
        alice = cast.player("Alice", 1000 * OUTPUT_TOKEN)
        held = hold(alice)

        assert answers(cast.report(alice, held.request_id, output=1040), unheld=unheld) == ACCEPTED
        cast.settle()

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos) == (0, 0, 40 * OUTPUT_TOKEN)
        debt = Debt.objects.get()
        assert (debt.cause, debt.request_id, debt.amount_nanos) == (
            cause,
            held.request_id,
            40 * OUTPUT_TOKEN,
        )
        assert debt.gateway_id == cast.gateway().id
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.hold_amount_nanos) == (1040 * OUTPUT_TOKEN, None)
        assert Hold.objects.get().state == state


class TestNoHold:
    def test_is_charged_for_a_token_that_may_report_it(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        report = cast.report(dora, output=1001)
        assert answers(report, unheld=True) == ACCEPTED
        cast.settle()
        debt = Debt.objects.get()
        assert (debt.cause, debt.request_id, debt.amount_nanos) == (
            "no_hold",
            report.request_id,
            OUTPUT_TOKEN,
        )

    def test_is_quarantined_for_a_token_that_may_not(self, alice: cast.Player):
        held = cast.hold(alice, out=100)
        mixed = [cast.report(alice, output=7), cast.report(alice, held.request_id, output=8)]
        assert answers(*mixed, unheld=False) == [("quarantined", "no_hold"), ("accepted", None)]
        cast.settle()
        assert spent(alice) == 8
        kept = QuarantinedEvent.objects.get()
        assert (kept.code, kept.payload, kept.may_be_unheld) == ("no_hold", mixed[0].payload, False)

    def test_of_this_customer_is_not_made_good_by_anothers(self, alice: cast.Player):
        charlie = cast.player("Charlie", USD)
        held = cast.hold(charlie, out=100)
        assert answers(cast.report(alice, held.request_id, output=7), unheld=False) == [
            ("quarantined", "no_hold")
        ]


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


class TestMeters:
    def test_of_zero_are_charged_as_zero(self, alice: cast.Player):
        held = cast.hold(alice, out=100)
        answers(cast.report(alice, held.request_id, input=0, output=0))
        cast.settle()
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.input, charge.output, charge.cache_read) == (0, 0, 0, None)
        assert (alice.wallet().balance_nanos, alice.wallet().held_nanos) == (USD, 0)

    def test_at_the_limit_are_charged(self, alice: cast.Player):
        answers(cast.report(alice, output=1_000_000_000))
        cast.settle()
        assert spent(alice) == 1_000_000_000
        assert alice.wallet().balance_nanos == 0

    def test_without_a_price_are_listed_and_the_rest_is_charged(self, alice: cast.Player):
        answers(cast.report(alice, output=7, web_search=3, cache_read=5))
        cast.settle()
        charge = Charge.objects.get()
        assert charge.unpriced == ["web_search"]
        assert charge.amount_nanos == 7 * OUTPUT_TOKEN + 5 * 1_059
        assert charge.web_search == 3

    def test_with_a_price_are_all_charged(self, alice: cast.Player):
        cast.model("full", cache_read=1_000, cache_write_5m=2_000, cache_write_1h=3_000, web_search=4_000_000)
        counts: dict[str, Any] = {
            "input": 1,
            "output": 1,
            "cache_read": 1,
            "cache_write_5m": 1,
            "cache_write_1h": 1,
        }
        answers(cast.report(alice, model="full", **counts, web_search=1))
        cast.settle()
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.unpriced) == (1_059 + 5_295 + 1 + 2 + 3 + 4_000, None)


class TestPrice:
    def cheaper(self, model: LanguageModel) -> None:
        """From six minutes ahead on, a token costs a nano."""
        now = timezone.now()
        price_versions.publish(
            model_id=model.id,
            price_set=PriceSet((MeterPrice("input", 1_000), MeterPrice("output", 1_000)), source="test"),
            now=now,
            effective_at=now + timedelta(minutes=6),
        )
        prices.forget()

    @pytest.mark.parametrize("end_it", [None, "released", "expired"])
    def test_is_the_holds_although_a_newer_one_is_in_force(
        self, alice: cast.Player, model: LanguageModel, end_it: str | None
    ):
        held = cast.hold(alice, out=100)
        if end_it == "released":
            cast.release(held)
        elif end_it == "expired":
            end.expire(now=held.expires_at)
        self.cheaper(model)
        later = timezone.now() + timedelta(minutes=10)

        answers(cast.report(alice, held.request_id, output=10), now=later)
        cast.settle(now=later)
        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.price_version_id) == (10 * OUTPUT_TOKEN, held.price_version_id)

    def test_is_the_one_in_force_at_the_requests_own_time_without_a_hold(
        self, alice: cast.Player, model: LanguageModel
    ):
        self.cheaper(model)
        now = timezone.now()
        later = now + timedelta(minutes=10)
        answers(
            cast.report(alice, cast.id_at(now), output=10),
            cast.report(alice, cast.id_at(later), output=10),
            now=later,
        )
        cast.settle(now=later)
        assert sorted(Charge.objects.values_list("amount_nanos", flat=True)) == [10, 10 * OUTPUT_TOKEN]

    def test_is_that_of_the_model_that_answered(self, alice: cast.Player):
        cast.model("dearer", output=9_000_000)
        held = cast.hold(alice, out=100)

        answers(cast.report(alice, held.request_id, model="dearer", output=10))
        cast.settle()

        charge = Charge.objects.get()
        assert (charge.amount_nanos, charge.hold_amount_nanos) == (10 * 9_000, held.amount_nanos)
        assert Hold.objects.get().state == "settled"
        assert alice.wallet().held_nanos == 0

    def test_that_a_hold_pinned_stands_for_a_request_from_before_the_first_price(self, alice: cast.Player):
        """A gateway's clock may be behind ours when a model is new."""
        model = LanguageModel.objects.create(
            provider=Provider.objects.get(),
            slug="brand-new",
            name="Brand new",
            description="A model whose first price is in force since a moment ago.",
            context_tokens=1000,
            max_output_tokens=1000,
        )
        now = timezone.now()
        price_versions.publish(
            model_id=model.id,
            price_set=PriceSet((MeterPrice("input", 1_000), MeterPrice("output", 1_000)), source="test"),
            now=now,
        )
        prices.forget()
        held = cast.hold(
            alice, now=now, model="brand-new", out=100, request_id=cast.id_at(now - timedelta(seconds=3))
        )
        assert answers(cast.report(alice, held.request_id, model="brand-new", output=10), now=now) == ACCEPTED
        cast.settle()
        assert Charge.objects.get().amount_nanos == 10
