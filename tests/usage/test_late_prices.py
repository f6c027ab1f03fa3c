"""Late prices: an operator names the version that prices what was used before it had a price."""

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from billing import sql
from billing.models import Debt, LedgerTransaction
from catalog import prices
from catalog.models import LanguageModel
from catalog.price_sets import MeterPrice, PriceSet
from catalog.services import price_versions
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage.errors import NotFound
from usage.models import Charge, UsageDaily
from usage.services.corrections import evidence, late_prices

pytestmark = pytest.mark.django_db

SEARCH_PICOS = 10_000_000_001


@pytest.fixture(autouse=True)
def model() -> LanguageModel:
    return cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", USD)


@pytest.fixture
def version(model: LanguageModel) -> int:
    """Prices searches, and everything else at a nano."""
    return publish(model, input=1_000, output=1_000, web_search=SEARCH_PICOS)


def publish(model: LanguageModel, **picos: int) -> int:
    now = timezone.now()
    published = price_versions.publish(
        model_id=model.id,
        price_set=PriceSet(tuple(MeterPrice(meter, price) for meter, price in picos.items()), source="test"),
        now=now,
        effective_at=now + timedelta(minutes=len(picos) + 6),
    )
    prices.forget()
    assert published is not None
    return published.id


def use(who: cast.Player, **meters: Any) -> UUID:
    report = cast.report(who, **meters)
    cast.send(report)
    cast.settle()
    return report.request_id


def spent(who: cast.Player) -> int:
    wallet = who.wallet()
    return USD - wallet.balance_nanos + wallet.debt_nanos


class TestPrice:
    def test_charges_what_had_no_price_and_nothing_else(self, alice: cast.Player, version: int):
        request_id = use(alice, output=7, web_search=3)
        use(alice, output=5)

        done = late_prices.price(price_version_id=version, now=timezone.now())

        searches = 3 * SEARCH_PICOS // 1000
        assert (done.requests, done.amount_nanos, dict(done.units)) == (1, searches, {"web_search": 3})
        assert spent(alice) == 12 * OUTPUT_TOKEN + searches
        taken, added = Charge.objects.filter(corrects=request_id).order_by("web_search")
        assert (taken.web_search, taken.amount_nanos, taken.output) == (-3, 0, None)
        assert (added.web_search, added.amount_nanos, added.price_version_id) == (3, searches, version)
        assert taken.ledger_transaction_id == added.ledger_transaction_id
        [daily] = UsageDaily.objects.all()
        assert (daily.requests, daily.web_search, daily.amount_nanos) == (2, 3, spent(alice))

    def test_twice_charges_once(self, alice: cast.Player, version: int, model: LanguageModel):
        use(alice, web_search=3)
        late_prices.price(price_version_id=version, now=timezone.now())
        before = spent(alice)
        dearer = publish(model, input=1_000, output=1_000, web_search=2 * SEARCH_PICOS, cache_read=500)
        for again in (version, dearer):
            assert late_prices.price(price_version_id=again, now=timezone.now()).requests == 0
        assert spent(alice) == before

    def test_leaves_what_the_version_does_not_price(self, alice: cast.Player, model: LanguageModel):
        use(alice, web_search=3)
        other = publish(model, input=1_000, output=1_000)
        assert late_prices.price(price_version_id=other, now=timezone.now()).requests == 0
        assert spent(alice) == 0

    def test_leaves_other_models_alone(self, alice: cast.Player):
        use(alice, web_search=3)
        other = cast.model("other", web_search=5_000)
        priced = other.price_versions.get().id
        assert late_prices.price(price_version_id=priced, now=timezone.now()).requests == 0

    def test_makes_debt_of_what_credit_does_not_cover(self, version: int):
        dora = cast.player("Dora")
        use(dora, web_search=3)
        done = late_prices.price(price_version_id=version, now=timezone.now())
        debt = Debt.objects.get()
        assert (debt.cause, debt.amount_nanos) == ("correction", done.amount_nanos)
        assert debt.request_id == Charge.objects.get(web_search=3, price_version=version).request_id

    def test_names_who_did_it(self, alice: cast.Player, version: int):
        author = alice.customer.members.get().id
        use(alice, web_search=3)
        late_prices.price(price_version_id=version, now=timezone.now(), author_id=author)
        assert LedgerTransaction.objects.get(kind="correction").author_id == author

    def test_goes_through_several_batches(
        self, alice: cast.Player, version: int, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(late_prices, "BATCH", 2)
        for searches in range(1, 6):
            use(alice, web_search=searches)
        assert late_prices.price(price_version_id=version, now=timezone.now()).units["web_search"] == 15

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_counts_a_request_with_a_correction_once(
        self, alice: cast.Player, version: int, monkeypatch: pytest.MonkeyPatch, size: int
    ):
        """Both the charge and what corrected it used what had no price, and may stand in two batches."""
        monkeypatch.setattr(late_prices, "BATCH", size)
        for _ in range(3):
            request_id = use(alice, web_search=3, evidence="estimated")
            cast.send(cast.report(alice, request_id, web_search=5))
        evidence.correct(now=timezone.now())

        assert late_prices.preview(price_version_id=version).units["web_search"] == 15
        done = late_prices.price(price_version_id=version, now=timezone.now())
        assert (done.requests, done.units["web_search"]) == (3, 15)

    def test_goes_on_in_the_index_where_the_last_batch_ended(self, alice: cast.Player):
        """Else each of many batches would read all charges from the start."""
        with connection.cursor() as cursor:
            for other in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"set local enable_{other} = off")
        plan = sql.fetch_tuples("explain " + late_prices.UNPRICED, [alice.id, alice.id, 1, 200])
        conditions = [line for (line,) in plan if "Index Cond" in line]
        assert conditions
        assert all("(ROW(customer_id, request_id) > ROW(" in condition for condition in conditions)

    @pytest.mark.parametrize("real", [0, 2, 5])
    def test_stands_when_better_evidence_comes_later(self, alice: cast.Player, version: int, real: int):
        request_id = use(alice, output=7, web_search=3, evidence="estimated")
        late_prices.price(price_version_id=version, now=timezone.now())
        cast.send(cast.report(alice, request_id, output=8, web_search=real))
        assert evidence.correct(now=timezone.now()).corrections == 1
        assert spent(alice) == 8 * OUTPUT_TOKEN + real * SEARCH_PICOS // 1000

    def test_prices_what_better_evidence_found(self, alice: cast.Player, version: int):
        request_id = use(alice, output=7, evidence="estimated")
        cast.send(cast.report(alice, request_id, output=7, web_search=2))
        evidence.correct(now=timezone.now())
        assert late_prices.price(price_version_id=version, now=timezone.now()).requests == 1
        assert spent(alice) == 7 * OUTPUT_TOKEN + 2 * SEARCH_PICOS // 1000

    def test_refuses_a_version_that_is_not_there(self):
        with pytest.raises(NotFound):
            late_prices.price(price_version_id=2**31, now=timezone.now())


class TestCommand:
    def run(self, *options: str) -> str:
        out = StringIO()
        call_command("price_unpriced", *options, stdout=out)
        return out.getvalue()

    def test_says_before_and_after_what_it_charges(self, alice: cast.Player, version: int):
        use(alice, web_search=3)
        told = "3 web_search of claude-sonnet-4-6\n1 requests, $0.03 "
        assert self.run("--price-version", str(version), "--dry-run") == told + "would be charged\n"
        assert spent(alice) == 0
        assert self.run("--price-version", str(version)) == told + "charged\n"
        assert spent(alice) == 30_000_000

    def test_refuses_a_version_that_is_not_there(self):
        with pytest.raises(CommandError, match="no price version 77"):
            self.run("--price-version", "77")
