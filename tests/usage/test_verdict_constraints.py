"""What the database itself enforces on verdicts and discrepancies, whoever writes them."""

import os
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import connections
from django.utils import timezone
from psycopg import errors
from pytest_django import DjangoDbBlocker
from uuid_utils.compat import uuid7

from tests import cast, databases
from tests.cast import USD
from usage.services.reconciliation import run


@pytest.fixture(scope="module")
def planted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Two conflicts on one request, and the discrepancies of a run, committed for this module."""
    with django_db_blocker.unblock():
        cast.model()
        alice, request_id = cast.player("Alice", USD), uuid7()
        cast.send(*[cast.report(alice, request_id, output=n) for n in (1, 2, 3)])
        cast.settle()
        now = timezone.now()
        run.reconcile(run.Period(now - run.OVERLAP, now + run.GRACE), now=now + run.GRACE)
        yield
        connections.close_all()
        databases.empty()


@pytest.fixture(params=["app", "owner"])
def role(request: pytest.FixtureRequest, planted: None) -> Iterator[psycopg.Connection[Any]]:
    url = os.environ["DATABASE_URL" if request.param == "app" else "DATABASE_OWNER_URL"]
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


REFUSED: list[tuple[LiteralString, LiteralString]] = [
    ("usage_conflict set verdict = 'confirmed', judged_at = now()", "usage_conflict_answers_once"),
    ("usage_conflict set verdict = 'guessed', judged_at = now()", "usage_conflict_judged_with_verdict"),
    ("usage_conflict set verdict = 'left'", "usage_conflict_judged_with_verdict"),
    ("usage_conflict set judged_at = now()", "usage_conflict_judged_with_verdict"),
    ("usage_conflict set verdict = 'corrected', judged_at = now()", "usage_conflict_corrected_by_charge"),
    ("usage_conflict set corrected_by = uuidv7()", "usage_conflict_corrected_by_charge"),
    ("usage_conflict set evidence = 'rumour'", "usage_conflict_evidence_known"),
    ("usage_conflict set outcome = 'lost'", "usage_conflict_outcome_known"),
    ("discrepancy set kind = 'conflict', subject_id = 0", "discrepancy_once"),
    ("discrepancy set kind = 'bad luck'", "discrepancy_kind_known"),
    ("discrepancy set resolved_at = now()", "discrepancy_answered_with_reason"),
    ("discrepancy set resolution = 'so what'", "discrepancy_answered_with_reason"),
]


class TestConstraints:
    @pytest.mark.parametrize(("change", "constraint"), REFUSED)
    def test_refuse(self, role: psycopg.Connection[Any], change: LiteralString, constraint: str):
        with pytest.raises(errors.IntegrityError) as refused:
            role.execute("update " + change)
        assert refused.value.diag.constraint_name == constraint

    @pytest.mark.parametrize("table", ["usage_conflict", "discrepancy", "reconciliation_run"])
    @pytest.mark.parametrize("change", ["delete from", "truncate"])
    def test_let_the_application_delete_nothing(
        self, planted: None, change: LiteralString, table: LiteralString
    ):
        with (
            psycopg.connect(os.environ["DATABASE_URL"]) as connection,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            connection.execute(change + " " + table)
