"""Statements to keep: they add up, whatever happened, and their text stays text."""

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.errors import Unacceptable
from billing.models import BillingDetails
from billing.services import credits
from tests import cast
from tests.billing.top_ups.api_callers import refused, with_key
from tests.cast import OUTPUT_TOKEN, USD
from tests.pdf_text import text_of
from tests.usage.test_statements import _random_history
from usage.services.statement_papers import csv_files, drawing, months
from usage.services.statement_papers.months import Month

pytestmark = pytest.mark.django_db

NANO = Decimal("0.000000001")
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1")


@pytest.fixture(autouse=True)
def _models():
    cast.model()
    cast.model("other-model")


def this_month() -> Month:
    return Month(timezone.now().year, timezone.now().month)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def found_of(who: cast.Player, month: Month):
    return months.statement(customer_id=who.id, month=month, now=timezone.now())


class TestMonth:
    def test_reaches_to_the_first_moment_of_the_next(self):
        assert (Month(2026, 12).since, Month(2026, 12).until) == (
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        )
        assert Month(2028, 2).until - Month(2028, 2).since == timedelta(days=29)

    def test_must_have_begun(self):
        alice = cast.player("Alice")
        now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
        for month in (Month(2026, 12), Month(1999, 12)):
            with pytest.raises(Unacceptable):
                months.statement(customer_id=alice.id, month=month, now=now)
        assert months.statement(customer_id=alice.id, month=Month(2026, 11), now=now).lines == ()


class TestCsv:
    @pytest.mark.parametrize("seed", range(3))
    def test_adds_up_over_months_whatever_happened(self, seed):
        alice, _ = _random_history(random.Random(seed))
        now = timezone.now()
        before = now.replace(day=1) - timedelta(days=1)
        tables = [
            table(csv_files.draw(found_of(alice, month)))
            for month in (Month(before.year, before.month), this_month())
        ]

        balance = Decimal(0)
        for rows in tables:
            assert rows[0]["kind"] == "opening_balance"
            assert rows[-1]["kind"] == "closing_balance"
            assert Decimal(rows[0]["balance_usd"]) == balance
            for row in rows[1:-1]:
                balance += Decimal(row["credited_usd"]) - Decimal(row["debited_usd"])
                assert Decimal(row["balance_usd"]) == balance
            assert Decimal(rows[-1]["balance_usd"]) == balance
        wallet = alice.wallet()
        assert balance == wallet.balance_nanos * NANO
        assert Decimal(tables[-1][-1]["owed_usd"]) == wallet.debt_nanos * NANO
        assert sum(len(rows) for rows in tables) > 10

    @pytest.mark.parametrize("reason", FORMULAS)
    def test_lets_no_text_become_a_formula(self, reason):
        alice = cast.player("Alice")
        credits.grant(
            customer_id=alice.id, amount_nanos=USD, reason=reason, effect_key="g", now=timezone.now()
        )

        [_, row, _] = table(csv_files.draw(found_of(alice, this_month())))
        assert row["reason"] == f"'{reason}"
        assert (row["credited_usd"], row["debited_usd"]) == ("1", "0")


class TestPdf:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_shows_every_line_and_both_balances(self, language):
        alice = cast.player("Alice", 10 * USD)
        BillingDetails.objects.create(customer=alice.customer, name="上海某某公司", language=language)
        cast.send(cast.report(alice, output=1))
        cast.settle()

        found = found_of(alice, this_month())
        shown = text_of(drawing.draw(found, month=this_month(), now=timezone.now()))

        assert "上海某某公司" in shown
        assert ("Closing balance" if language == "en" else "期末余额") in shown
        for number in ("10.000000000", "0.000005295", "9.999994705"):
            assert number in shown
        assert cast.MODEL in shown
        assert "for the test" in shown

    def test_refuses_to_be_endless(self, monkeypatch):
        monkeypatch.setattr(drawing, "MOST_LINES", 1)
        alice = cast.player("Alice", USD)
        cast.fund(alice.id, USD)

        with pytest.raises(Unacceptable, match="CSV"):
            drawing.draw(found_of(alice, this_month()), month=this_month(), now=timezone.now())


class TestFiles:
    @pytest.mark.parametrize(
        ("kind", "media_type"), [("pdf", "application/pdf"), ("csv", "text/csv; charset=utf-8")]
    )
    def test_are_given_to_their_customer_only(self, kind, media_type):
        alice, charlie = cast.player("Alice", 17 * USD), cast.player("Charlie")
        address = f"/api/v1/statement.{kind}?month={this_month()}"

        answer = with_key(alice).get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
        assert f"statement-{this_month()}.{kind}" in answer.headers["Content-Disposition"]
        if kind == "csv":
            assert table(answer.content)[-1]["balance_usd"] == "17"
            assert table(with_key(charlie).get(address).content)[-1]["balance_usd"] == "0"
        assert with_key(charlie).get(f"{address}&customer={alice.id}").status_code == 404

    @pytest.mark.parametrize("kind", ["pdf", "csv"])
    @pytest.mark.parametrize(
        "month", ["", "2026", "2026-13", "2026-00", "9999-12", "1999-01", "2026-1", f"{chr(0xFF12)}026-01"]
    )
    def test_refuse_what_is_no_month(self, kind, month):
        client = with_key(cast.player("Alice"))
        refused(client.get(f"/api/v1/statement.{kind}", {"month": month}), 422, "invalid", "month")
        refused(client.get(f"/api/v1/statement.{kind}"), 422, "invalid", "month")

    def test_show_what_a_token_costs_exactly(self):
        alice = cast.player("Alice", USD)
        cast.send(cast.report(alice, output=1))
        cast.settle()

        [_, _, used, _] = table(with_key(alice).get(f"/api/v1/statement.csv?month={this_month()}").content)
        assert used["debited_usd"] == "0.000005295"
        assert int(Decimal(used["debited_usd"]) / NANO) == OUTPUT_TOKEN
