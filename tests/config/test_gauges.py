"""What /metrics reads from PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import sql
from billing.models import TopUp
from config import gauges
from config.gauges import Gauges, Reading
from tests import cast
from tests.usage import waiting
from usage.models import AuditRun, Discrepancy, DiscrepancyKind, ReconciliationRun

# Gauges that are not there where nothing is.
OF_ROWS = {
    *("quarantine_open", "discrepancies_open", "payment_alerts_open"),
    *("audit_violations", "audit_age_seconds"),
}

pytestmark = pytest.mark.django_db


def read(collector: Gauges | None = None) -> dict[str, float]:
    """Every gauge by name, and by its label where it has one."""
    return {
        ":".join([family.name.removeprefix("billing_"), *sample.labels.values()]): sample.value
        for family in (collector or Gauges()).collect()
        for sample in family.samples
    }


class TestGauges:
    def test_are_all_there_and_quiet_where_nothing_happens(self):
        shown = read()

        assert shown.keys() == gauges.HELP.keys() - OF_ROWS
        assert shown.pop("database_up") == 1
        assert shown.pop("partitions_days_ahead") > 14
        assert set(shown.values()) == {0}

    def test_tell_of_holds_and_credit(self):
        cast.model()
        alice = cast.player("Alice", cast.USD)
        cast.player("Dora")
        held = cast.hold(alice, out=1000)
        an_hour_ago = timezone.now() - timedelta(hours=1)
        cast.hold(alice, out=1000, request_id=cast.id_at(an_hour_ago), now=an_hour_ago)

        shown = read()

        assert (shown["holds_open"], shown["holds_overdue"]) == (2, 1)
        assert shown["wallets_balance_nanos"] == cast.USD
        assert shown["wallets_held_nanos"] == 2 * held.amount_nanos
        assert shown["customers_cut_off"] == 1

    def test_tell_of_usage_that_waits_and_of_debt_it_becomes(self):
        cast.model()
        dora = cast.player("Dora")
        cast.send(cast.report(dora, output=1000), now=timezone.now() - timedelta(minutes=3))
        waiting = read()
        cast.settle()

        assert waiting["inbox_events"] == 1
        assert waiting["settlement_lag_seconds"] == pytest.approx(180, abs=60)
        assert read()["inbox_events"] == 0
        assert read()["wallets_debt_nanos"] == 1000 * cast.OUTPUT_TOKEN

    def test_tell_of_key_states_to_be_published(self):
        cast.player("Alice", cast.USD)

        assert read()["outbox_rows"] > 0

    def test_tell_of_payments_that_wait_for_somebody(self):
        cast.model()
        waiting.payment_event()
        waiting.payment_alert(cast.player("Alice"))
        TopUp.objects.update(next_check_at=timezone.now() - timedelta(hours=1))

        shown = read()

        assert (shown["payment_events_waiting"], shown["payment_events_quarantined"]) == (0, 1)
        assert (shown["payment_alerts_open:wrong_amount"], shown["top_ups_overdue"]) == (1, 1)

    def test_tell_of_quarantine_by_code(self):
        cast.model()
        alice = cast.player("Alice", cast.USD)
        cast.send(cast.report(alice, model="unknown-1"), cast.report(alice, model="unknown-2"))
        cast.send(cast.report(alice, key_digest=b"0" * 32))

        shown = read()

        assert shown["quarantine_open:unknown_model"] == 2
        assert shown["quarantine_open:unknown_key"] == 1

    def test_tell_of_the_last_audit_that_was_kept(self):
        for violations, days in ((3, 2), (1, 1)):
            at = timezone.now() - timedelta(days=days)
            AuditRun.objects.create(
                started_at=at, finished_at=at, invariants=5, violations=violations, findings=[]
            )

        shown = read()

        assert shown["audit_violations"] == 1
        assert shown["audit_age_seconds"] == pytest.approx(86_400, abs=600)

    def test_tell_of_discrepancies_by_kind(self):
        run = ReconciliationRun.objects.create(
            from_at=timezone.now() - timedelta(hours=1), until_at=timezone.now(), started_at=timezone.now()
        )
        for found in range(2):
            Discrepancy.objects.create(
                kind=DiscrepancyKind.values[0],
                request_id=cast.id_at(timezone.now()),
                gateway_id=found,
                found_in=run,
                found_at=timezone.now(),
            )

        assert read()[f"discrepancies_open:{DiscrepancyKind.values[0]}"] == 2


class TestCost:
    def test_reads_no_charge(self):
        plans = [
            line
            for query in (gauges.INBOX, gauges.HOLDS, gauges.OUTBOX, gauges.UNCACHED, gauges.WALLETS)
            for (line,) in sql.fetch_tuples(f"explain {query}", {"now": timezone.now(), "most": 1})
        ]

        assert plans
        assert "charge" not in "\n".join(plans)

    def test_asks_once_however_many_ask(self):
        collector = Gauges()
        read(collector)

        with CaptureQueriesContext(connection) as again:
            read(collector)

        assert len(again) == 0


class TestFailure:
    def fail(self, _now: datetime) -> list[Mapping[str, Any]]:
        raise OperationalError("the database is away")

    def count(self, now: datetime) -> list[Mapping[str, Any]]:
        self.asked_at.append(now)
        return [{"holds_open": 7}]

    def test_is_a_gauge_and_no_error(self):
        assert read(Gauges([Reading(self.fail)])) == {"database_up": 0}

    def test_asks_no_further_question(self):
        self.asked_at: list[datetime] = []

        assert read(Gauges([Reading(self.fail), Reading(self.count)])) == {"database_up": 0}
        assert self.asked_at == []

    def test_shows_what_is_still_valid(self):
        self.asked_at = []
        collector = Gauges([Reading(self.count), Reading(self.fail, valid_s=0)])
        read(collector)

        assert read(collector) == {"holds_open": 7, "database_up": 0}
        assert len(self.asked_at) == 1
        assert self.asked_at[0].tzinfo == UTC
