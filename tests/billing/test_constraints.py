"""What the database itself refuses, tried by raw SQL as role app and as role owner."""

import os
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import connections
from psycopg import errors
from pytest_django import DjangoDbBlocker
from uuid_utils.compat import uuid7

from tests import databases
from tests.billing.money_rows import ANOTHER, Statement, copy, plant, repeat

UNKNOWN = str(uuid7())
NOT_V7 = UNKNOWN[:14] + "4" + UNKNOWN[15:]
LONG_AGO = "01800000-0000-7000-8000-000000000000"

BAD_ROWS: dict[str, list[Statement]] = {
    "credit_lot_kind_known": [copy("credit_lot", kind="gift")],
    "credit_lot_remaining_within_amount": [
        copy("credit_lot", remaining_nanos=-1),
        copy("credit_lot", amount_nanos=5, remaining_nanos=6),
    ],
    "credit_lot_amount_positive": [copy("credit_lot", amount_nanos=0, remaining_nanos=0)],
    "credit_lot_of_transaction": [copy("credit_lot", ledger_transaction_id=UNKNOWN)],
    "lot_movement_moves": [copy("lot_movement", amount_nanos=0)],
    "lot_movement_of_lot": [copy("lot_movement", lot_id=UNKNOWN)],
    "lot_movement_of_transaction": [copy("lot_movement", ledger_transaction_id=UNKNOWN)],
    "lot_movement_pkey": [copy("lot_movement")],
    "ledger_transaction_kind_known": [copy("ledger_transaction", kind="gift")],
    "ledger_transaction_by_hand_has_reason": [
        copy("ledger_transaction", kind="grant", reason=""),
        copy("ledger_transaction", kind="adjustment", reason=""),
    ],
    "ledger_transaction_author_id": [copy("ledger_transaction", author_id=UNKNOWN)],
    "ledger_transaction_customer_id": [copy("ledger_transaction", customer_id=UNKNOWN)],
    "transfer_amount_positive": [copy("transfer", amount_nanos=0), copy("transfer", amount_nanos=-1)],
    "transfer_accounts_known": [copy("transfer", debit_account=199), copy("transfer", debit_account=0)],
    "transfer_between_two_accounts_of_one_currency": [
        copy("transfer", debit_account=101),
        copy("transfer", debit_account=221),
        copy("transfer", debit_account=121, credit_account=221, wallet_seq=None, balance_after_nanos=None),
    ],
    "transfer_on_wallet_is_chained": [
        copy("transfer", wallet_seq=None),
        copy("transfer", wallet_seq=0),
        copy("transfer", balance_after_nanos=None),
        copy("transfer", balance_after_nanos=-1),
        copy("transfer", debit_account=111, credit_account=121),
        copy("transfer", debit_account=101, credit_account=131, wallet_seq=None, balance_after_nanos=None),
    ],
    "transfer_wallet_seq_once": [copy("transfer", wallet_seq=1)],
    "transfer_of_transaction": [copy("transfer", ledger_transaction_id=UNKNOWN)],
    "debt_amount_positive": [copy("debt", amount_nanos=0)],
    "debt_cause_known": [copy("debt", cause="whim")],
    "debt_of_usage_names_gateway_and_request": [
        copy("debt", gateway_id=None),
        copy("debt", request_id=None),
    ],
    "debt_of_transaction": [copy("debt", ledger_transaction_id=UNKNOWN)],
    "debt_gateway_id": [copy("debt", gateway_id=999_999)],
    "hold_request_id_is_v7": [copy("hold", request_id=NOT_V7)],
    "hold_amount_not_negative": [copy("hold", amount_nanos=-1)],
    "hold_bounds_not_negative": [
        copy("hold", bound_input=-1),
        copy("hold", bound_output=-1),
        copy("hold", bound_web_search=-1),
    ],
    "hold_expires_after_placing": [copy("hold", expires_at="2026-01-01T00:00:00Z")],
    "hold_state_known": [
        copy("hold", state="paused"),
        copy("hold", state="open"),
        copy("hold", state="open", ended_at=None, refusal="cut_off"),
        copy("hold", state="settled", ended_at=None),
        copy("hold", state="released", refusal="cut_off"),
        copy("hold", state="expired", ended_at=None),
        copy("hold", state="refused"),
        copy("hold", state="refused", refusal="cut_off", ended_at=None),
    ],
    "charge_request_id_is_v7": [copy("charge", request_id=NOT_V7)],
    "charge_outcome_known": [copy("charge", outcome="lost")],
    "charge_evidence_known": [copy("charge", evidence="rumour")],
    "charge_negative_only_as_correction": [
        copy("charge", amount_nanos=-1),
        *(copy("charge", **{meter: -1}) for meter in ("input", "output", "cache_read", "web_search")),
    ],
    "usage_event_outcome_known": [copy("usage_event", outcome="lost")],
    "usage_event_evidence_known": [copy("usage_event", evidence="rumour")],
}
TAKEN_KEYS = [
    "wallet",
    "credit_lot",
    "ledger_transaction",
    "transfer",
    "debt",
    "hold",
    "charge",
    "usage_event",
    "usage_daily",
    "usage_conflict",
    "quarantined_event",
]
BAD_WALLETS: list[tuple[LiteralString, str]] = [
    ("set currency = 'EUR'", "wallet_currency_known"),
    ("set balance_nanos = -1", "wallet_balance_not_negative"),
    ("set held_nanos = -1", "wallet_held_within_balance"),
    ("set held_nanos = balance_nanos + 1", "wallet_held_within_balance"),
    ("set balance_nanos = held_nanos - 1 where held_nanos > 0", "wallet_held_within_balance"),
    ("set debt_nanos = 1 where balance_nanos > held_nanos", "wallet_owes_only_without_free_credit"),
    ("set debt_nanos = -1", "wallet_owes_only_without_free_credit"),
    ("set balance_nanos = null", ""),
]


@pytest.fixture(scope="module")
def planted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Committed once for the whole module: each test rolls back what it did."""
    with django_db_blocker.unblock():
        plant()
        yield
        connections.close_all()
        databases.empty()


def as_role(role: str) -> psycopg.Connection[Any]:
    return databases.connect_as_owner() if role == "owner" else psycopg.connect(os.environ["DATABASE_URL"])


@pytest.fixture(params=["app", "owner"])
def role(request: pytest.FixtureRequest, planted: None) -> Iterator[psycopg.Connection[Any]]:
    with as_role(request.param) as connection, connection.transaction(force_rollback=True):
        connection.execute("set constraints all immediate")
        yield connection


@pytest.fixture
def app(planted: None) -> Iterator[psycopg.Connection[Any]]:
    with as_role("app") as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def owner(planted: None) -> Iterator[psycopg.Connection[Any]]:
    with as_role("owner") as connection, connection.transaction(force_rollback=True):
        yield connection


class TestConstraint:
    @pytest.mark.parametrize("table", [table for table in ANOTHER if table != "lot_movement"])
    def test_accepts_a_good_row(self, role: psycopg.Connection[Any], table: str):
        assert role.execute(*copy(table)).rowcount == 1

    @pytest.mark.parametrize(
        ("constraint", "statement"),
        [
            pytest.param(name, statement, id=f"{name}-{number}")
            for name, statements in BAD_ROWS.items()
            for number, statement in enumerate(statements)
        ],
    )
    def test_refuses_a_bad_row(self, role: psycopg.Connection[Any], constraint: str, statement: Statement):
        with pytest.raises(errors.IntegrityError) as refused:
            role.execute(*statement)
        assert (refused.value.diag.constraint_name or "").startswith(constraint)

    @pytest.mark.parametrize(("change", "constraint"), BAD_WALLETS)
    def test_refuses_a_bad_wallet(
        self, role: psycopg.Connection[Any], change: LiteralString, constraint: str
    ):
        with pytest.raises(errors.IntegrityError) as refused:
            role.execute("update wallet " + change)
        assert (refused.value.diag.constraint_name or "") == constraint

    @pytest.mark.parametrize("table", TAKEN_KEYS)
    def test_refuses_a_row_that_exists(self, role: psycopg.Connection[Any], table: str):
        with pytest.raises(errors.UniqueViolation):
            role.execute(repeat(table))

    @pytest.mark.parametrize("table", ["hold", "charge"])
    @pytest.mark.parametrize("request_id", [LONG_AGO, "ffffffff-ffff-7fff-bfff-ffffffffffff"])
    def test_refuses_a_request_id_without_a_partition(
        self, role: psycopg.Connection[Any], table: str, request_id: str
    ):
        with pytest.raises(errors.CheckViolation, match="no partition"):
            role.execute(*copy(table, request_id=request_id))

    def test_posts_an_effect_once(self, role: psycopg.Connection[Any]):
        role.execute(*copy("ledger_transaction"))
        with pytest.raises(errors.UniqueViolation) as refused:
            role.execute(*copy("ledger_transaction", id=str(uuid7())))
        assert refused.value.diag.constraint_name == "ledger_transaction_effect_once"

    def test_lets_an_effect_without_a_key_repeat(self, role: psycopg.Connection[Any]):
        for _ in range(2):
            role.execute(*copy("ledger_transaction", id=str(uuid7()), effect_key=None))

    def test_lets_only_a_correction_be_negative(self, role: psycopg.Connection[Any]):
        role.execute(*copy("charge", amount_nanos=-1, output=-1, corrects=UNKNOWN))

    @pytest.mark.parametrize(("table", "id_column"), [("usage_conflict", "id"), ("quarantined_event", "id")])
    def test_keeps_an_odd_event_once(self, role: psycopg.Connection[Any], table: str, id_column: str):
        role.execute(*copy(table))
        with pytest.raises(errors.UniqueViolation) as refused:
            role.execute(*copy(table, **{id_column: 999_998}))
        assert refused.value.diag.constraint_name == f"{table}_once"


APPEND_ONLY = ["ledger_transaction", "transfer", "lot_movement", "debt", "charge", "charge_{month}"]
CHANGES: list[LiteralString] = [
    "update {table} set customer_id = customer_id",
    "delete from {table}",
    "truncate {table} cascade",
]
ENDED = ["settled", "released", "expired", "refused"]


def month(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("select to_char(now() at time zone 'UTC', 'YYYY_MM')").fetchone()
    assert row is not None
    return str(row[0])


def execute(connection: psycopg.Connection[Any], statement: str, table: str = "") -> psycopg.Cursor[Any]:
    text = statement.format(table=table.format(month=month(connection)))
    return connection.execute(text.encode())


class TestAppendOnly:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("change", CHANGES)
    def test_rows_cannot_be_changed_by_the_application(
        self, app: psycopg.Connection[Any], table: str, change: str
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            execute(app, change, table)

    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("change", CHANGES)
    def test_rows_cannot_be_changed_by_the_owner(
        self, owner: psycopg.Connection[Any], table: str, change: str
    ):
        with pytest.raises(errors.RestrictViolation, match="append-only"):
            execute(owner, change, table)

    @pytest.mark.parametrize("table", ["customer", "gateway", "ledger_transaction"])
    def test_rows_are_not_swept_away_with_what_they_refer_to(
        self, owner: psycopg.Connection[Any], table: str
    ):
        with pytest.raises(errors.RestrictViolation, match="append-only"):
            execute(owner, "truncate {table} cascade", table)

    @pytest.mark.parametrize("table", ["customer", "gateway", "app_user"])
    def test_rows_keep_what_they_refer_to(self, owner: psycopg.Connection[Any], table: str):
        owner.execute("set constraints all immediate")
        with pytest.raises(errors.ForeignKeyViolation):
            execute(owner, "delete from {table}", table)


class TestHold:
    @pytest.mark.parametrize("state", ENDED)
    @pytest.mark.parametrize(
        "change",
        [
            "state = 'open', ended_at = null, refusal = null",
            "state = 'expired', refusal = null",
            "amount_nanos = amount_nanos + 1",
            "customer_id = customer_id",
        ],
    )
    def test_that_ended_does_not_change(self, role: psycopg.Connection[Any], state: str, change: str):
        with pytest.raises(errors.RestrictViolation, match="does not change any more"):
            execute(role, f"update hold set {change} where state = '{state}'")

    @pytest.mark.parametrize("state", ["open", "settled", "released", "expired"])
    def test_is_never_deleted(self, role: psycopg.Connection[Any], state: str):
        with pytest.raises(errors.RestrictViolation):
            execute(role, f"delete from hold where state = '{state}'")

    def test_that_was_refused_may_be_forgotten(self, role: psycopg.Connection[Any]):
        assert role.execute("delete from hold where state = 'refused'").rowcount == 1

    @pytest.mark.parametrize("table", ["hold", "hold_{month}"])
    def test_is_not_truncated_by_the_owner(self, owner: psycopg.Connection[Any], table: str):
        with pytest.raises(errors.RestrictViolation):
            execute(owner, "truncate {table}", table)

    @pytest.mark.parametrize("state", ["settled", "open"])
    def test_is_guarded_in_its_partition_too(self, owner: psycopg.Connection[Any], state: str):
        with pytest.raises(errors.RestrictViolation):
            execute(owner, f"delete from {{table}} where state = '{state}'", "hold_{month}")


class TestApplication:
    @pytest.mark.parametrize(
        "statement",
        [
            "delete from wallet",
            "delete from credit_lot",
            "delete from usage_daily",
            "delete from usage_conflict",
            "delete from quarantined_event",
            "truncate wallet",
            "truncate credit_lot",
            "truncate hold",
            "truncate usage_event",
            "truncate usage_daily",
            "truncate usage_conflict",
            "truncate quarantined_event",
            "truncate key_event",
            "truncate outbox",
            "select * from hold_{month}",
            "insert into hold_{month} select * from hold",
            "update hold_{month} set customer_id = customer_id",
            "delete from hold_{month}",
            "truncate hold_{month}",
            "select * from charge_{month}",
            "insert into charge_{month} select * from charge",
            "create table mine ()",
            "create temporary table mine ()",
            "create function mine() returns int language sql as 'select 1'",
            "alter table transfer disable trigger all",
            "alter table hold detach partition hold_{month}",
            "drop trigger transfer_append_only on transfer",
            "drop table transfer",
            "set session_replication_role = replica",
            "set role owner",
        ],
    )
    def test_may_not(self, app: psycopg.Connection[Any], statement: str):
        with pytest.raises(errors.InsufficientPrivilege):
            execute(app, "{table}", statement)
