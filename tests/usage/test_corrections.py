"""Correcting charges: their ids, the lots that get credit back, and conflicts that fail."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from billing import request_ids, sql
from billing.ledger.book import Book
from billing.models import CreditLot, LedgerAccount, LotKind, TransactionKind
from billing.services import lots as expiry
from catalog import prices
from catalog.models import LanguageModel
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN
from usage.audit.lots import CREDIT_IS_LOTS
from usage.models import Charge, UsageConflict
from usage.services.corrections import evidence, ids, late_prices

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _model() -> None:
    cast.model()


class TestIds:
    def test_are_the_same_for_the_same_correction_only(self):
        request_id = uuid7()
        made = {
            ids.of_correction(request_id, cause, version) for cause in ("one", "two") for version in (1, 2)
        }
        assert len(made) == 4
        assert ids.of_correction(request_id, "one", 1) in made

    def test_stand_in_the_millisecond_of_what_they_correct(self):
        for request_id in [uuid7() for _ in range(200)]:
            made = ids.of_correction(request_id, "cause", 1)
            assert request_ids.parse(str(made)) == made
            assert request_ids.time_of(made) == request_ids.time_of(request_id)
            first, last = ids.span(request_id)
            assert first < made < last
            assert first < request_id < last


def estimate(who: cast.Player, *outputs: int) -> list[UUID]:
    """Charge estimates in one ledger transaction."""
    reports = [cast.report(who, output=output, evidence="estimated") for output in outputs]
    cast.send(*reports)
    cast.settle()
    return [report.request_id for report in reports]


def correct(who: cast.Player, request_id: UUID, output: int) -> None:
    cast.send(cast.report(who, request_id, output=output))
    assert evidence.correct(now=timezone.now()).corrections == 1


def buy(who: cast.Player, tokens: int) -> None:
    """Bought credit, as a top-up will give it."""
    book = Book.lock([who.id], now=timezone.now())
    entry = book.entry(who.id, TransactionKind.ADJUSTMENT, reason="bought")
    amount = tokens * OUTPUT_TOKEN
    book.credit(entry, amount, source=LedgerAccount.EQUITY_ADJUSTMENT, lot_kind=LotKind.BOUGHT)
    book.save()


def lots(who: cast.Player) -> list[tuple[str, datetime | None, int, int]]:
    """Kind, expiry, tokens in all and left of each lot, in order."""
    return [
        (lot.kind, lot.expires_at, lot.amount_nanos // OUTPUT_TOKEN, lot.remaining_nanos // OUTPUT_TOKEN)
        for lot in CreditLot.objects.filter(customer_id=who.id).order_by("id")
    ]


class TestGiveBack:
    def test_goes_first_to_what_was_spent_last(self):
        dora = cast.player("Dora")
        soon = timezone.now() + timedelta(days=1)
        buy(dora, 100)
        cast.fund(dora.id, 10 * OUTPUT_TOKEN)
        cast.fund(dora.id, 10 * OUTPUT_TOKEN, expires_at=soon)
        [request_id] = estimate(dora, 25)
        correct(dora, request_id, 2)
        assert lots(dora) == [
            ("bought", None, 100, 100),
            ("promotional", None, 10, 10),
            ("promotional", soon, 10, 8),
        ]

    def test_remembers_what_earlier_corrections_gave_back(self):
        dora = cast.player("Dora")
        buy(dora, 100)
        cast.fund(dora.id, 20 * OUTPUT_TOKEN)
        one, other = estimate(dora, 15, 15)
        correct(dora, one, 7)
        assert lots(dora) == [("bought", None, 100, 98), ("promotional", None, 20, 0)]
        correct(dora, other, 7)
        assert lots(dora) == [("bought", None, 100, 100), ("promotional", None, 20, 6)]

    def test_remembers_it_within_one_batch(self):
        dora = cast.player("Dora")
        buy(dora, 100)
        cast.fund(dora.id, 20 * OUTPUT_TOKEN)
        requests = estimate(dora, 15, 15)
        cast.send(*[cast.report(dora, request_id, output=7) for request_id in requests])
        assert evidence.correct(now=timezone.now()).corrections == 2
        assert lots(dora) == [("bought", None, 100, 100), ("promotional", None, 20, 6)]

    def test_makes_no_lots_however_often(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        for request_id in estimate(dora, *[10] * 20):
            correct(dora, request_id, 9)
        assert lots(dora) == [("promotional", None, 1000, 820)]

    def test_lapses_where_the_lot_is_over_by_then(self):
        dora = cast.player("Dora")
        soon = timezone.now() + timedelta(days=1)
        cast.fund(dora.id, 10 * OUTPUT_TOKEN, expires_at=soon)
        [request_id] = estimate(dora, 10)
        later = soon + timedelta(hours=1)
        cast.send(cast.report(dora, request_id, output=4))
        evidence.correct(now=later)
        assert lots(dora) == [("promotional", soon, 10, 6)]
        assert expiry.expire(now=later) == 6 * OUTPUT_TOKEN
        assert dora.wallet().balance_nanos == 0

    def test_goes_to_what_paid_a_late_price(self):
        """Nothing was taken for the charge itself: the correction that came first took from the gift."""
        dora = cast.player("Dora")
        buy(dora, 100)
        cast.fund(dora.id, 10_000 * OUTPUT_TOKEN)
        report = cast.report(dora, web_search=3, evidence="estimated")
        cast.send(report)
        cast.settle()
        before = lots(dora)
        model, now = LanguageModel.objects.get(), timezone.now()
        search = PriceSet(
            tuple(MeterPrice(meter, 5_295_000) for meter in ("input", "output", "web_search")), source="test"
        )
        version = price_versions.publish(
            model_id=model.id, price_set=search, now=now, effective_at=now + timedelta(minutes=6)
        )
        assert version
        prices.forget()
        late_prices.price(price_version_id=version.id, now=now)
        assert lots(dora)[1] == ("promotional", None, 10_000, 10_000 - 3)

        cast.send(cast.report(dora, report.request_id, web_search=0))
        assert evidence.correct(now=timezone.now()).corrections == 1
        assert lots(dora) == before

    @pytest.mark.parametrize(("bought", "kind"), [(0, "promotional"), (5, "bought")])
    def test_of_what_was_owed_and_paid_later_is_bought_only_for_buyers(self, bought: int, kind: str):
        dora = cast.player("Dora")
        [request_id] = estimate(dora, 10)
        if bought:
            buy(dora, bought)
        cast.fund(dora.id, 20 * OUTPUT_TOKEN)
        correct(dora, request_id, 4)
        assert lots(dora)[-1] == (kind, None, 6, 6)


class TestAudit:
    def test_sees_a_lot_that_gets_back_more_than_it_gave(self, unaudited: None):
        dora = cast.player("Dora")
        cast.fund(dora.id, 10 * OUTPUT_TOKEN)
        estimate(dora, 10)
        buy(dora, 100)
        [request_id] = estimate(dora, 5)
        spent = Charge.objects.get(request_id=request_id).ledger_transaction_id
        gift = CreditLot.objects.get(customer_id=dora.id, kind="promotional").id

        book = Book.lock([dora.id], now=timezone.now())
        entry = book.entry(dora.id, TransactionKind.CORRECTION, reason=str(spent))
        book.give_back(entry, 3 * OUTPUT_TOKEN, source=LedgerAccount.REVENUE_USAGE, lot_id=gift)
        book.save()

        found = sql.fetch_tuples(CREDIT_IS_LOTS, {"wallet": LedgerAccount.WALLET.value})
        assert [row[:3] for row in found] == [(dora.id, spent, 3 * OUTPUT_TOKEN)]


class TestFailure:
    def test_of_one_conflict_is_logged_and_stops_no_other(self):
        """One whose correcting charge's id is taken by somebody else's charge."""
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        bad, good = estimate(dora, 10, 10)
        version = Charge.objects.filter(request_id=bad).get().price_version_id
        taken = cast.report(dora, ids.of_correction(bad, evidence.CAUSE, version), output=1)
        cast.send(taken)
        cast.settle()
        cast.send(cast.report(dora, bad, output=5), cast.report(dora, good, output=5))

        with capture_logs() as logs:
            assert evidence.correct(now=timezone.now()).corrections == 1

        assert [line["event"] for line in logs] == ["conflicts not judged together", "conflict not judged"]
        assert dora.wallet().balance_nanos == (1000 - 10 - 5 - 1) * OUTPUT_TOKEN
        assert UsageConflict.objects.get(verdict=None).request_id == bad
