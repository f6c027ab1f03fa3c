"""`manage.py reconcile_usage`: a replay with faults lists exactly those; the command tells what is open."""

import json
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from structlog.testing import capture_logs

from billing.services.holds import end
from tests import cast, databases
from tests.cast import MODEL, USD
from tests.usage import service
from usage import tasks
from usage.models import Charge, Discrepancy, DiscrepancyKind, ReconciliationRun

ROWS = 60


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    rows = [f"2023-11-16 18:15:46,{374 + n},{40 * n}" for n in range(ROWS)]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]) + "\n")
    return path


def call(*command: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*command, "--json", stdout=out, stderr=StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return answer


def counts(report: Mapping[str, Any]) -> dict[str, int]:
    return {kind: found["count"] for kind, found in report["kinds"].items() if found["count"]}


def lose_a_hold() -> str:
    held = cast.hold(cast.player("Alice", USD), out=100)
    end.expire(now=held.expires_at)
    return str(held.request_id)


@pytest.mark.slow
class TestReplayWithFaults:
    def test_lists_exactly_those(self, trace: Path):
        with service.running() as url:
            replayed = call(
                *("replay", str(trace), "--model", MODEL, "--customers", "5", "--credit", "100"),
                *("--overshoot", "5", "--lose", "4", "--misreport", "6", "--reconcile", "--url", url),
            )
        faults = {"above_bounds": 3, "hold_without_usage": 4, "reported_cost_differs": 6}

        assert replayed["faults"] == {"overshot": 3, "lost": 4, "misreported": 6}
        assert (replayed["settled"], replayed["audit"]) == (ROWS - 4, "ok")
        assert counts(replayed["reconciliation"]) == faults
        [above] = [g for g in replayed["reconciliation"]["groups"] if g["kind"] == "above_bounds"]
        assert (above["gateway"], above["model"], len(set(above["requests"]))) == ("replay", MODEL, 3)
        [differs] = [g for g in replayed["reconciliation"]["groups"] if g["kind"] == "reported_cost_differs"]
        assert differs["amount"] == "0.000000006"

        again = call("reconcile_usage", "--to", timezone.now().isoformat())
        assert counts(again) == faults
        assert Discrepancy.objects.count() == 13

    def test_lists_nothing_without_faults(self, trace: Path):
        with service.running() as url:
            replayed = call(
                *("replay", str(trace), "--model", MODEL, "--customers", "5", "--credit", "100"),
                *("--misreport", "0", "--reconcile", "--url", url),
            )
        assert replayed["reconciliation"]["open"] == 0
        assert "faults" not in replayed


class TestCommand:
    def test_names_every_kind_with_count_amount_and_ids(self):
        request_id = lose_a_hold()
        report = call("reconcile_usage", "--to", timezone.now().isoformat())
        assert report["kinds"] == {kind: {"count": 0, "amount": "0"} for kind in DiscrepancyKind.values} | {
            "hold_without_usage": {"count": 1, "amount": "0.0005295"}
        }
        [group] = report["groups"]
        assert group == {
            "kind": "hold_without_usage",
            "gateway": "gateway-1",
            "model": MODEL,
            "count": 1,
            "amount": "0.0005295",
            "discrepancies": [Discrepancy.objects.get().id],
            "requests": [request_id],
        }

    def test_tells_people(self):
        request_id = lose_a_hold()
        out = StringIO()
        call_command("reconcile_usage", "--to", timezone.now().isoformat(), stdout=out)
        assert request_id in out.getvalue()
        assert out.getvalue().endswith("1 open discrepancies.\n")

    def test_narrows_the_list_to_a_period(self):
        lose_a_hold()
        call("reconcile_usage", "--to", timezone.now().isoformat())
        assert call("reconcile_usage", "--from", "2025-01-01", "--to", "2025-01-02")["open"] == 0
        assert call("reconcile_usage")["open"] == 1

    def test_of_an_old_period_closes_nothing_that_came_later(self):
        sent = cast.report(cast.player("Alice", USD), output=7, model="claude-unknown")
        cast.send(sent, now=timezone.now() - timedelta(minutes=2))
        assert counts(call("reconcile_usage")) == {"quarantined": 1}
        call("reconcile_usage", "--from", "2025-01-01", "--to", "2025-01-02")
        assert Discrepancy.objects.get().resolved_at is None

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (["--from", "yesterday"], "must look like"),
            (["--from", "2026-01-02", "--to", "2026-01-01"], "before it ends"),
            (["--from", "1969-01-01"], "1970"),
            (["--to", "0001-01-01"], "before it ends"),
            (["--to", "2200-01-01"], "ends now at the latest"),
        ],
    )
    def test_refuses_what_is_no_period(self, options: list[str], complaint: str):
        with pytest.raises(CommandError, match=complaint):
            call("reconcile_usage", *options)

    def test_sees_a_charge_that_is_not_the_formulas(self, unaudited: None):
        alice = cast.player("Alice", USD)
        cast.send(cast.report(alice, cast.hold(alice, out=100).request_id, output=7))
        cast.settle()
        with databases.connect_as_owner() as owner, owner.transaction():
            owner.execute("set local session_replication_role = replica")
            owner.execute("update charge set amount_nanos = amount_nanos + 5")
        report = call("reconcile_usage", "--to", timezone.now().isoformat())
        assert counts(report) == {"charge_differs": 1}
        assert report["kinds"]["charge_differs"]["amount"] == "0.000000005"
        assert report["groups"][0]["requests"] == [str(Charge.objects.get().request_id)]


class TestTasks:
    @pytest.mark.parametrize("task", [tasks.reconcile_usage, tasks.reconcile_window])
    def test_keep_a_run_and_say_what_is_open(self, task: Any):
        at = timezone.now().replace(microsecond=0)
        held = cast.hold(
            cast.player("Alice", USD),
            out=100,
            request_id=cast.id_at(at - timedelta(minutes=2)),
        )
        end.expire(now=held.expires_at)
        with capture_logs() as logs:
            task()
        assert logs[-1]["open"] == {"hold_without_usage": 1}
        assert ReconciliationRun.objects.get().finished_at is not None
