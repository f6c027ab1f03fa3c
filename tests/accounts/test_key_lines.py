"""Lines of rotated keys: named by their first key, also where keys were rotated before that."""

from datetime import timedelta
from importlib import import_module
from uuid import UUID

import psycopg
from django.utils import timezone

from accounts.models import ApiKey
from accounts.services import api_keys
from tests import cast

FIRST_OF_EACH_LINE = import_module("accounts.migrations.0003_key_limits").FIRST_OF_EACH_LINE


class TestMigration:
    def test_finds_the_first_key_of_each_line(self, committed_db: None, owner_connection: psycopg.Connection):
        alice, charlie = cast.player("Alice"), cast.player("Charlie")
        now, newest = timezone.now(), alice.api_key_id
        for _ in range(3):
            newest = api_keys.rotate(
                customer=alice.customer, api_key_id=newest, overlap=timedelta(days=1), now=now
            ).key.id

        with owner_connection.transaction(force_rollback=True):
            owner_connection.execute("alter table api_key alter first_key_id drop not null")
            owner_connection.execute("set local session_replication_role = replica")
            owner_connection.execute("update api_key set first_key_id = null")
            owner_connection.execute("set local session_replication_role = origin")
            owner_connection.execute(FIRST_OF_EACH_LINE)
            rows = owner_connection.execute("select id, first_key_id from api_key").fetchall()

        found: dict[UUID, UUID] = dict(rows)
        assert found == dict(ApiKey.objects.values_list("id", "first_key_id"))
        assert list(found.values()).count(alice.api_key_id) == 4
        assert found[charlie.api_key_id] == charlie.api_key_id
