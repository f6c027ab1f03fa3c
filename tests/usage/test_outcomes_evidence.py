"""The table "What usage can meet": another body with better evidence posts a correcting charge, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from billing.models import CreditLot, Debt, KeySpend, LedgerTransaction
from billing.services import key_limits, keys
from catalog import prices
from catalog.models import LanguageModel
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.usage.outcomes import ACCEPTED, CONFLICT, answers, spent
from usage.models import Charge, UsageConflict, UsageDaily
from usage.services import ingest
from usage.services.corrections import evidence
from usage.services.corrections.evidence import Judged
from usage.services.reports import Reporter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


def estimate(who: cast.Player, request_id: UUID | None = None, **meters: Any) -> UUID:
    """Charge an estimate and return its request id."""
    report = cast.report(who, request_id, evidence="estimated", outcome="gateway_lost", **meters)
    assert answers(report) == ACCEPTED
    cast.settle()
    return report.request_id


def correct() -> Judged:
    return evidence.correct(now=timezone.now())


def verdicts() -> list[str | None]:
    return list(UsageConflict.objects.order_by("id").values_list("verdict", flat=True))


class TestBetterEvidence:
    @pytest.mark.parametrize("first", ["estimated", "partial"])
    @pytest.mark.parametrize("real", [0, 3, 7, 11])
    def test_leaves_the_request_charged_for_what_it_used(self, alice: cast.Player, first: str, real: int):
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7, evidence=first))
        cast.settle()
        assert answers(cast.report(alice, request_id, output=real)) == CONFLICT

        assert correct().conflicts == 1
        for _ in range(2):
            assert correct() == Judged()

        assert spent(alice) == real
        [daily] = UsageDaily.objects.all()
        assert (daily.requests, daily.output, daily.amount_nanos) == (1, real, real * OUTPUT_TOKEN)
        assert verdicts() == ["confirmed" if real == 7 else "corrected"]

    def test_is_a_charge_of_the_difference_that_names_what_it_corrects(self, alice: cast.Player):
        held = cast.hold(alice, out=100)
        estimate(alice, held.request_id, input=4, output=7)
        better = cast.report(alice, held.request_id, output=5, cache_read=2, reported_cost=9)
        answers(better)
        correct()

        original, correction = Charge.objects.order_by("charged_at")
        assert correction.corrects == original.request_id
        assert (correction.input, correction.output, correction.cache_read) == (-4, -2, 2)
        assert (correction.cache_write_5m, correction.web_search) == (None, None)
        assert correction.amount_nanos == -2 * OUTPUT_TOKEN - 2 * 1_059
        assert (correction.evidence, correction.outcome) == ("reported", "completed")
        assert (correction.reported_cost_nanos, correction.hold_amount_nanos) == (9, None)
        assert bytes(correction.fingerprint) == better.fingerprint()
        assert UsageConflict.objects.get().corrected_by == correction.request_id
        entry = LedgerTransaction.objects.get(kind="correction")
        assert entry.id == correction.ledger_transaction_id != original.ledger_transaction_id

    def test_counts_other_meters_of_the_same_price(self, alice: cast.Player):
        """A cached token costs what an input token costs, and is another one."""
        request_id = estimate(alice, input=5)
        answers(cast.report(alice, request_id, cache_read=5))
        assert correct().corrections == 1
        correction = Charge.objects.get(corrects=request_id)
        assert (correction.input, correction.cache_read, correction.amount_nanos) == (-5, 5, 0)

    def test_that_came_before_the_estimate_was_settled_counts_too(self, alice: cast.Player):
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7, evidence="estimated"))
        answers(cast.report(alice, request_id, output=9))
        assert correct() == Judged()
        cast.settle()
        assert correct().corrections == 1
        assert spent(alice) == 9

    def test_is_rated_with_the_price_of_the_first_charge(self, alice: cast.Player, model: LanguageModel):
        held = cast.hold(alice, out=100)
        now = timezone.now()
        price_versions.publish(
            model_id=model.id,
            price_set=PriceSet((MeterPrice("input", 1_000), MeterPrice("output", 1_000)), source="test"),
            now=now,
            effective_at=now + timedelta(minutes=6),
        )
        prices.forget()
        estimate(alice, held.request_id, output=7)
        later = now + timedelta(minutes=10)
        answers(cast.report(alice, held.request_id, output=9), now=later)
        evidence.correct(now=later)
        assert spent(alice) == 9
        assert set(Charge.objects.values_list("price_version_id", flat=True)) == {held.price_version_id}

    def test_counts_against_the_limit_of_the_key(self, alice: cast.Player):
        key_limits.set_limit(
            customer=alice.customer,
            api_key_id=alice.api_key_id,
            limit_nanos=USD,
            period="day",
            now=timezone.now(),
        )
        request_id = estimate(alice, output=7)
        answers(cast.report(alice, request_id, output=10))
        correct()
        assert KeySpend.objects.get().spent_nanos == 10 * OUTPUT_TOKEN

    def test_is_settled_by_hand_where_the_first_is_as_good(self, alice: cast.Player):
        request_id = uuid7()
        answers(cast.report(alice, request_id, output=7))
        cast.settle()
        answers(cast.report(alice, request_id, output=9))
        assert correct() == Judged(conflicts=1)
        assert (spent(alice), verdicts()) == (7, ["left"])


class TestSeveralBodies:
    def test_let_the_first_better_one_win(self, alice: cast.Player):
        request_id = estimate(alice, output=7)
        bodies: list[dict[str, Any]] = [{"output": 8, "evidence": "partial"}, {"output": 9}, {"output": 10}]
        for body in bodies:
            answers(cast.report(alice, request_id, **body))
        assert correct().corrections == 1
        answers(cast.report(alice, request_id, output=11))
        assert correct().corrections == 0
        assert (spent(alice), verdicts()) == (9, ["left", "corrected", "left", "left"])

    def test_leave_a_confirmed_charge_alone(self, alice: cast.Player):
        request_id = estimate(alice, output=7)
        answers(cast.report(alice, request_id, output=7))
        correct()
        answers(cast.report(alice, request_id, output=9))
        correct()
        assert (spent(alice), verdicts()) == (7, ["confirmed", "left"])

    def test_of_many_requests_are_judged_at_once(self, alice: cast.Player):
        requests = [estimate(alice, output=7) for _ in range(5)]
        answers(*[cast.report(alice, request_id, output=n) for n, request_id in enumerate(requests, start=5)])
        assert correct().corrections == 4
        assert spent(alice) == 5 + 6 + 7 + 8 + 9


class TestOtherParty:
    def left(self, request_id: UUID, **what: Any) -> None:
        assert answers(cast.report(request_id=request_id, output=9, **what)) == CONFLICT
        assert correct() == Judged(conflicts=1)
        assert verdicts() == ["left"]
        assert Charge.objects.count() == 1

    def test_with_another_key_corrects_nothing(self, alice: cast.Player):
        request_id = estimate(alice, output=7)
        other = keys.create(customer=alice.customer, name="other", now=timezone.now())
        self.left(request_id, who=alice, key_digest=bytes(other.key.digest))

    def test_with_another_model_corrects_nothing(self, alice: cast.Player):
        cast.model("other")
        request_id = estimate(alice, output=7)
        self.left(request_id, who=alice, model="other")

    def test_from_another_gateway_corrects_nothing_nor_stops_the_one_that_may(self, alice: cast.Player):
        request_id = estimate(alice, output=7)
        body = cast.report(alice, request_id, output=9)
        stranger = Reporter(cast.gateway("gateway-2").id, may_be_unheld=True)
        ingest.accept([body], stranger, now=timezone.now())
        correct()
        assert answers(body) == CONFLICT
        correct()
        assert (spent(alice), verdicts()) == (9, ["left", "corrected"])


class TestCredit:
    def test_that_is_short_becomes_debt_with_its_cause(self):
        dora = cast.player("Dora", 10 * OUTPUT_TOKEN)
        request_id = estimate(dora, output=7)
        answers(cast.report(dora, request_id, output=15))
        correct()

        wallet, debt = dora.wallet(), Debt.objects.get()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 5 * OUTPUT_TOKEN)
        assert (debt.cause, debt.amount_nanos) == ("correction", 5 * OUTPUT_TOKEN)
        assert debt.request_id == Charge.objects.get(corrects=request_id).request_id
        assert wallet.cut_off_at is not None

    def test_that_comes_back_repays_debt_first(self):
        dora = cast.player("Dora", 10 * OUTPUT_TOKEN)
        request_id = estimate(dora, output=1_000)
        assert dora.wallet().debt_nanos == 990 * OUTPUT_TOKEN
        answers(cast.report(dora, request_id, output=200))
        correct()
        wallet = dora.wallet()
        assert (wallet.balance_nanos, wallet.debt_nanos) == (0, 190 * OUTPUT_TOKEN)

    def test_that_comes_back_goes_to_the_lot_that_gave_it(self):
        dora = cast.player("Dora")
        expiry = timezone.now() + timedelta(days=3)
        cast.fund(dora.id, 10 * OUTPUT_TOKEN, expires_at=expiry)
        request_id = estimate(dora, output=7)
        answers(cast.report(dora, request_id, output=3))
        correct()
        lot = CreditLot.objects.get()
        assert (lot.remaining_nanos, lot.expires_at) == (7 * OUTPUT_TOKEN, expiry)

    def test_restores_whom_the_estimate_cut_off(self):
        dora = cast.player("Dora", 300 * OUTPUT_TOKEN)
        request_id = estimate(dora, output=300)
        assert dora.wallet().cut_off_at is not None
        answers(cast.report(dora, request_id, output=3))
        assert correct().keys_changed
        assert dora.wallet().cut_off_at is None
