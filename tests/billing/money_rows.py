"""Rows in every money table, for tests that attack them by raw SQL."""

import contextlib

from django.apps import apps
from django.utils import timezone
from psycopg import sql
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from billing.errors import Refused
from billing.services.holds import end
from tests import cast
from tests.cast import USD

Statement = tuple[sql.Composed, list[object]]

# One more row like the table's first one, but for what is named.
COPY = """
    insert into {0} ({1})
    select {1} from (select (jsonb_populate_record(row, %s)).* from {0} row limit 1) as copied
"""
# What makes a copy of a table's row another row.
ANOTHER: dict[str, dict[str, object]] = {
    "credit_lot": {"id": str(uuid7())},
    "lot_movement": {},
    "ledger_transaction": {"id": str(uuid7()), "effect_key": "another"},
    "transfer": {"position": 99, "wallet_seq": 999_999},
    "debt": {"id": str(uuid7())},
    "hold": {"request_id": str(uuid7())},
    "charge": {"request_id": str(uuid7())},
    "usage_event": {"request_id": str(uuid7())},
    "usage_daily": {"day_date": "2026-01-01"},
    "usage_conflict": {"id": 999_999, "request_id": str(uuid7())},
    "quarantined_event": {"id": 999_999, "request_id": str(uuid7())},
}


def plant() -> None:
    """Alice holds, is charged, owed and repaid; holds ended in every way; usage waits or is in quarantine."""
    cast.model()
    alice = cast.player("Alice", USD)
    settled = cast.hold(alice, out=100)
    cast.send(cast.report(alice, settled.request_id, output=50), cast.report(alice, output=128_000_000))
    cast.settle()
    cast.fund(alice.id, 5000 * USD)
    _end_holds(alice)
    cast.hold(alice, out=100)
    request_id = uuid7()
    cast.send(cast.report(alice, request_id, output=1), cast.report(alice, request_id, output=2))
    cast.send(cast.report(alice, model="unknown", output=1))


def _end_holds(alice: cast.Player) -> None:
    end.expire(now=cast.hold(alice, out=100).expires_at)
    released = cast.hold(alice, out=100)
    end.release(
        request_id=released.request_id,
        gateway_id=cast.gateway().id,
        reason="gave up",
        now=timezone.now(),
    )
    with contextlib.suppress(Refused):
        cast.hold(cast.player("Charlie", USD // 100), out=128_000)


def copy(table: str, **changes: object) -> Statement:
    """Insert another row like the first one of `table`, with `changes`."""
    return sql.SQL(COPY).format(sql.Identifier(table), _columns(table)), [Jsonb(ANOTHER[table] | changes)]


def repeat(table: str) -> sql.Composed:
    """Insert the first row of `table` once more."""
    statement = sql.SQL("insert into {0} ({1}) select {1} from {0} limit 1")
    return statement.format(sql.Identifier(table), _columns(table))


def _columns(table: str) -> sql.Composed:
    """All that can be written: generated columns cannot."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    written = [field.column for field in model._meta.local_concrete_fields if not field.generated]
    return sql.SQL(", ").join(sql.Identifier(column) for column in written if column)
