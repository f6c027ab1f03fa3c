"""The audit: clean on true books, and each planted damage is seen by the invariant that is there for it."""

import json
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg.rows import namedtuple_row
from pytest_django import DjangoDbBlocker
from uuid_utils.compat import uuid7

from billing.services import credits, publisher
from billing.services.holds import end
from billing.services.papers import issue
from tests import cast, databases
from tests.cast import OUTPUT_TOKEN, USD
from tests.usage import damages, payment_books
from tests.usage.damage import Damage
from usage.audit import run
from usage.audit.invariants import ALL
from usage.services.corrections import evidence


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """Books in which something of everything happened, committed for the tests of this module."""
    with django_db_blocker.unblock():
        try:
            yield _tell()
        finally:
            connections.close_all()
            databases.empty()


def _tell() -> dict[str, Any]:
    model, other = cast.model(), cast.model("other-model")
    alice, bob = cast.player("Alice", 1 * USD), cast.player("Bob")
    charlie, dora = cast.player("Charlie", 1 * USD), cast.player("Dora", 300 * OUTPUT_TOKEN)
    credits.adjust(
        customer_id=alice.id,
        amount_nanos=USD,
        reason="goodwill",
        author_id=alice.customer.members.get().id,
        effect_key="adjust:1",
        now=timezone.now(),
    )

    held, free = cast.hold(alice, tokens_in=374, out=256), uuid7()
    cast.send(cast.report(alice, held.request_id, input=374, output=44), cast.report(alice, output=0))
    _settle()
    cast.send(cast.report(alice, free, input=3, output=7, cache_read=5))
    _settle()

    above = cast.hold(dora, out=300)
    cast.send(cast.report(dora, above.request_id, output=450))
    _settle()

    estimated = cast.report(alice, output=20, evidence="estimated")
    cast.send(estimated)
    _settle()
    cast.send(cast.report(alice, estimated.request_id, output=30))
    assert evidence.correct(now=timezone.now()).corrections == 1

    cast.limit(charlie, USD // 2, "total")
    cast.hold(charlie, out=1000)
    released = cast.hold(charlie, out=10)
    end.release(
        request_id=released.request_id, gateway_id=cast.gateway().id, reason="refused", now=timezone.now()
    )
    payment_books.tell(bob)
    assert issue.issue_due(now=timezone.now())
    publisher.publish(now=timezone.now())
    cast.send(cast.report(charlie, output=1))
    return {
        "alice": alice.id,
        "bobs_key": bob.api_key_id,
        "charlie": charlie.id,
        "dora": dora.id,
        "model": model.id,
        "other_model": other.id,
        "held": held.request_id,
        "unheld": free,
    }


def _settle() -> None:
    cast.settle()


def _broken_after(damage: Damage, names: Mapping[str, Any]) -> set[str]:
    with databases.connect_as_owner() as owner, owner.transaction(force_rollback=True):
        owner.execute("set local session_replication_role = replica")
        planted = psycopg.ClientCursor(owner).execute(damage.sql, names)
        assert planted.rowcount != 0, "the damage met no row"

        def fetch(query: str, params: Mapping[str, Any]) -> list[Any]:
            cursor = psycopg.Cursor(owner, row_factory=namedtuple_row)
            return list(cursor.execute(query.encode(), params, binary=True).fetchall())

        findings = run.check(fetch, now=timezone.now() + damage.after)
    return {finding.invariant.name for finding in findings if finding.count}


class TestCheck:
    @pytest.mark.parametrize("damage", damages.ALL, ids=lambda damage: damage.invariant)
    def test_sees_planted_damage(self, books, damage):
        assert _broken_after(damage, books) == {damage.invariant} | damage.also

    def test_has_a_damage_planted_for_every_invariant(self):
        assert [damage.invariant for damage in damages.ALL] == [invariant.name for invariant in ALL]


class TestCommand:
    def test_prints_every_invariant_of_true_books(self, books):
        out = StringIO()
        call_command("audit", stdout=out)
        assert f"All {len(ALL)} invariants hold." in out.getvalue()

    def test_exits_with_1_and_shows_what_is_wrong(self, books):
        with databases.connect_as_owner() as owner:
            owner.execute(
                "update wallet set last_seq = last_seq + 1 where customer_id = %s", [books["alice"]]
            )
            try:
                out = StringIO()
                with pytest.raises(SystemExit) as exited:
                    call_command("audit", "--json", stdout=out)
            finally:
                owner.execute(
                    "update wallet set last_seq = last_seq - 1 where customer_id = %s", [books["alice"]]
                )

        report = json.loads(out.getvalue())
        assert exited.value.code == 1
        assert report["violations"] == 1
        [found] = [entry for entry in report["invariants"] if entry["count"]]
        assert found["name"] == "sequence_has_no_gap"
        assert found["samples"][0]["customer_id"] == str(books["alice"])
