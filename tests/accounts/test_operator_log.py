"""The operators' log: rows are added in their transaction, without secrets, and stay as they are."""

from typing import Any

import psycopg
import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import ProgrammingError
from psycopg import errors

from accounts.models import Action, Customer, OperatorAction, User
from accounts.services import api_keys, operator_log
from accounts.services.operator_log import COMMAND_LINE, Operator
from tests.accounts.conftest import NOW

CHANGES = (
    "update operator_action set reason = 'another'",
    "delete from operator_action",
    "truncate operator_action",
)


def record(**changes):
    fields: dict[str, Any] = {"by": COMMAND_LINE, "action": Action.GRANT, "now": NOW} | changes
    with transaction.atomic():
        return operator_log.record(**fields)


@pytest.mark.django_db
class TestRecord:
    def test_names_who_did_what_to_what(self, alice: User, alices: Customer):
        by = Operator("alice@example.com", user_id=alice.pk, ip="192.0.2.1", http_request_id="abc")
        row = record(by=by, on=alices, customer_id=alices.id, reason="because", detail={"amount_usd": "5"})
        row.refresh_from_db()

        assert (row.actor_id, row.actor_name, row.channel) == (alice.pk, "alice@example.com", "admin")
        assert (row.object_kind, row.object_id) == ("accounts.customer", str(alices.id))
        assert (row.object_name, row.customer_id) == ("Alice's", alices.id)
        assert (row.reason, row.detail, row.at) == ("because", {"amount_usd": "5"}, NOW)
        assert (row.ip, row.http_request_id) == ("192.0.2.1", "abc")

    def test_names_nobody_on_the_command_line(self):
        row = record()

        assert (row.actor_id, row.actor_name, row.channel) == (None, "command line", "command_line")

    def test_cuts_secrets_that_somebody_pasted(self, alices: Customer):
        issued = api_keys.create(customer=alices, name="laptop", now=NOW)
        alices.name = f"holder of {issued.secret}"

        row = record(on=alices, reason=f"leaked {issued.secret}!", detail={"note": [issued.secret]})

        stored = str(OperatorAction.objects.filter(id=row.id).values().get())
        assert issued.secret[6:20] not in stored
        assert row.reason == "leaked sk-am-…!"

    def test_cuts_what_is_too_long_or_cannot_be_stored(self):
        row = record(reason="x\x00" * 5000)

        assert row.reason == "x" * 500

    def test_stands_and_falls_with_its_transaction(self):
        with transaction.atomic():
            record()
            transaction.set_rollback(True)

        assert not OperatorAction.objects.exists()


class TestOperatorAction:
    @pytest.mark.django_db
    @pytest.mark.parametrize("change", CHANGES)
    def test_is_not_changed_by_the_application(self, change: str):
        record()

        with (
            pytest.raises((ProgrammingError, InternalError), match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

    @pytest.mark.parametrize("change", CHANGES)
    def test_is_not_changed_by_the_owner(self, committed_db, owner_connection: psycopg.Connection, change):
        record()

        with pytest.raises(errors.RestrictViolation, match="append-only"):
            owner_connection.execute(change.encode())

    def test_keeps_its_operator_from_being_deleted(self, committed_db, owner_connection: psycopg.Connection):
        root = User.objects.create_superuser("root@example.com", "a long password")
        record(by=Operator(root.email, user_id=root.pk))

        with pytest.raises(errors.ForeignKeyViolation):
            owner_connection.execute("delete from app_user")
