"""Draining the inbox: batch after batch, and around what cannot be charged."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from usage import tasks
from usage.models import Charge, QuarantinedEvent, UsageEvent
from usage.services.settlement import drain
from usage.services.settlement.batch import Settled

BEFORE_ALL_PARTITIONS = cast.id_at(cast.LONG_AGO + timedelta(days=1))


@pytest.fixture(autouse=True)
def _model(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("committed_db" if "committed_db" in request.fixturenames else "db")
    cast.model()


def spoil(request_id: UUID, column: str, value: object) -> None:
    """Damage an event in the inbox, as no gateway can: each of these makes the whole batch fail."""
    connection.ensure_connection()
    assert connection.connection is not None
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(
            sql.SQL("update usage_event set {} = $1 where request_id = $2").format(sql.Identifier(column)),
            [value, request_id],
        )


BAD = {
    "no partition for its month": ("request_id", BEFORE_ALL_PARTITIONS, "no partition"),
    "negative meters": ("output", -5, "charge_negative_only_as_correction"),
    "a customer without a wallet": ("customer_id", uuid7(), "every customer has a wallet"),
}


class TestBadEvent:
    @pytest.mark.parametrize("spoiled", BAD.values(), ids=BAD.keys())
    @pytest.mark.parametrize("position", [0, 6, 12])
    @pytest.mark.parametrize("batch_size", [3, 100])
    def test_is_quarantined_with_its_error_while_the_others_are_charged(
        self, settings: Settings, spoiled: tuple[str, object, str], position: int, batch_size: int
    ):
        settings.SETTLE_BATCH_SIZE = batch_size
        column, value, error = spoiled
        alice = cast.player("Alice", USD)
        reports = [cast.report(alice, output=1) for _ in range(13)]
        cast.send(*reports)
        bad = reports[position]
        spoil(bad.request_id, column, value)

        settled = cast.settle()

        assert (settled.events, settled.charges) == (13, 12)
        assert not UsageEvent.objects.exists()
        assert alice.wallet().balance_nanos == USD - 12 * OUTPUT_TOKEN
        kept = QuarantinedEvent.objects.get()
        assert kept.code == "settlement_failed"
        assert error in kept.detail
        assert bytes(kept.fingerprint) == bad.fingerprint()
        assert kept.payload["outcome"] == "completed"
        assert not Charge.objects.filter(request_id=kept.request_id).exists()

    def test_is_found_among_several(self):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        reports = [cast.report(who, output=1) for who in (alice, charlie) for _ in range(20)]
        cast.send(*reports)
        for position in (0, 7, 8, 39):
            spoil(reports[position].request_id, "output", -1)

        settled = cast.settle()

        assert (settled.events, settled.charges) == (40, 36)
        assert {each.request_id for each in QuarantinedEvent.objects.all()} == {
            reports[position].request_id for position in (0, 7, 8, 39)
        }

    def test_without_a_price_does_not_stop_its_batch(self):
        alice = cast.player("Alice", USD)
        reports = [cast.report(alice, output=1) for _ in range(3)]
        cast.send(*reports)
        spoil(reports[1].request_id, "language_model_id", 999_999)

        assert cast.settle().charges == 2
        assert QuarantinedEvent.objects.get().code == "no_price"

    def test_leaves_its_hold_to_lapse(self):
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=10)
        cast.send(cast.report(alice, held.request_id, output=1))
        spoil(held.request_id, "output", -1)

        cast.settle()

        assert alice.wallet().held_nanos == held.amount_nanos
        end.expire(now=held.expires_at)
        assert alice.wallet().held_nanos == 0


class TestBatches:
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_of_any_size_come_out_the_same(self, settings: Settings, size: int):
        settings.SETTLE_BATCH_SIZE = size
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        held = [cast.hold(alice, out=5) for _ in range(5)]
        cast.send(*(cast.report(alice, each.request_id, output=5) for each in held))
        cast.send(*(cast.report(charlie, output=2) for _ in range(20)))

        settled = cast.settle()

        assert (settled.events, settled.charges) == (25, 25)
        assert alice.wallet().balance_nanos == USD - 25 * OUTPUT_TOKEN
        assert charlie.wallet().balance_nanos == USD - 40 * OUTPUT_TOKEN
        assert alice.wallet().held_nanos == 0

    def test_debit_each_customer_once(self):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        cast.send(*(cast.report(who, output=1) for _ in range(10) for who in (alice, charlie)))
        before = alice.wallet().last_seq, charlie.wallet().last_seq
        cast.settle()
        assert (alice.wallet().last_seq, charlie.wallet().last_seq) == (before[0] + 1, before[1] + 1)
        assert Charge.objects.values("ledger_transaction_id").distinct().count() == 2

    def test_of_an_empty_inbox_do_nothing(self):
        assert cast.settle() == Settled(0, 0, keys_changed=False)

    def test_tell_that_a_later_batch_changed_keys(self, settings: Settings):
        settings.SETTLE_BATCH_SIZE = 1
        alice, dora = cast.player("Alice", USD), cast.player("Dora", 1_000_000)
        cast.send(*(cast.report(alice, output=1) for _ in range(3)))
        cast.send(cast.report(dora, output=1))
        cast.send(*(cast.report(alice, output=1) for _ in range(3)))
        assert cast.settle().keys_changed


class TestLockedOut:
    """Another transaction keeps a wallet locked for longer than our lock timeout."""

    @pytest.fixture
    def locked(self, committed_db: None, owner_connection: psycopg.Connection):
        alice, charlie = cast.player("Alice", USD), cast.player("Charlie", USD)
        with owner_connection.transaction():
            owner_connection.execute("select from wallet where customer_id = %s for update", [alice.id])
            yield alice, charlie

    def test_settlement_leaves_its_events_and_charges_the_others(
        self, settings: Settings, locked: tuple[cast.Player, cast.Player], monkeypatch: pytest.MonkeyPatch
    ):
        alice, charlie = locked
        cast.send(*(cast.report(who, output=1) for _ in range(3) for who in (alice, charlie)))

        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '50ms'")
        assert cast.settle().charges == 3
        with connection.cursor() as cursor:
            cursor.execute("reset lock_timeout")

        assert set(UsageEvent.objects.values_list("customer_id", flat=True)) == {alice.id}
        assert not QuarantinedEvent.objects.exists()
        assert charlie.wallet().balance_nanos == USD - 3 * OUTPUT_TOKEN

    def test_settlement_goes_on_behind_a_batch_of_locked_wallets(
        self,
        settings: Settings,
        committed_db: None,
        owner_connection: psycopg.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ):
        settings.SETTLE_BATCH_SIZE = 2
        monkeypatch.setattr(drain, "_round", drain._Round())
        first, last = sorted((cast.player(n, USD) for n in ("Alice", "Charlie")), key=lambda who: who.id)
        cast.send(*(cast.report(who, output=1) for _ in range(2) for who in (first, last)))

        with owner_connection.transaction(), connection.cursor() as cursor:
            owner_connection.execute("select from wallet where customer_id = %s for update", [first.id])
            cursor.execute("set lock_timeout = '50ms'")
            tasks.settle()
            cursor.execute("reset lock_timeout")

        assert set(UsageEvent.objects.values_list("customer_id", flat=True)) == {first.id}
        assert last.wallet().balance_nanos == USD - 2 * OUTPUT_TOKEN

    def test_what_another_settler_has_claimed_is_left_to_it(
        self, committed_db: None, owner_connection: psycopg.Connection
    ):
        alice = cast.player("Alice", USD)
        reports = [cast.report(alice, output=1) for _ in range(4)]
        cast.send(*reports)
        with owner_connection.transaction():
            owner_connection.execute(
                "select from usage_event where request_id = %s for update", [reports[0].request_id]
            )
            assert cast.settle().charges == 3
        assert cast.settle().charges == 1


class TestTooLong:
    """Charging takes a tenth of a second a row, and the server ends statements after a quarter."""

    SLOW = """
        create function be_slow() returns trigger language plpgsql as
            'begin perform pg_sleep(0.1); return new; end';
        create trigger is_slow before insert on charge for each row execute function be_slow();
    """

    def test_a_batch_is_halved_until_it_fits(self, committed_db: None, owner_connection: psycopg.Connection):
        alice = cast.player("Alice", USD)
        cast.send(*(cast.report(alice, output=1) for _ in range(5)))
        owner_connection.execute(self.SLOW)
        try:
            with connection.cursor() as cursor:
                cursor.execute("set statement_timeout = '250ms'")
            assert cast.settle().charges == 5
        finally:
            with connection.cursor() as cursor:
                cursor.execute("reset statement_timeout")
            owner_connection.execute("drop function be_slow cascade")
        assert not QuarantinedEvent.objects.exists()


class TestTransaction:
    def test_that_fails_leaves_the_inbox_as_it_was(self):
        alice = cast.player("Alice", USD)
        cast.send(cast.report(alice, output=1))

        with transaction.atomic():
            assert cast.settle().charges == 1
            transaction.set_rollback(True)

        assert UsageEvent.objects.count() == 1
        assert alice.wallet().balance_nanos == USD
        assert cast.settle(now=timezone.now() + timedelta(days=400)).charges == 1
