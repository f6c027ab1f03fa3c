"""The operators' site: who comes in is on record, and the first page says what waits."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import OperatorAction, User
from tests import cast, operators
from tests.cast import USD
from tests.operators import PASSWORD, recorded

pytestmark = pytest.mark.django_db


def sign_in(email: str, password: str) -> Client:
    client = Client(REMOTE_ADDR="192.0.2.7", HTTP_X_REQUEST_ID="0" * 32)
    client.post(reverse("admin:login"), {"username": email, "password": password, "next": "/admin/"})
    return client


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD)


class TestSignIn:
    def test_is_recorded_with_where_it_came_from(self, operator):
        sign_in("Root@example.com", PASSWORD)

        row = OperatorAction.objects.get()
        assert (row.action, row.actor_id, row.ip) == ("sign_in", operator.pk, "192.0.2.7")
        assert row.http_request_id == "0" * 32

    def test_is_recorded_where_it_failed_and_has_no_actor(self, operator):
        sign_in("root@example.com", "a wrong password")

        row = OperatorAction.objects.get()
        assert (row.action, row.actor_id, row.object_id) == ("sign_in_failed", None, str(operator.pk))
        assert "wrong password" not in str(OperatorAction.objects.values().get())

    @pytest.mark.parametrize("name", ["nobody@example.com", "my secret password", "", "a\x00b", "x" * 5000])
    def test_keeps_no_other_names(self, operator, name):
        User.objects.create_user("dora@example.com", PASSWORD)

        sign_in(name, "a wrong password")
        sign_in("dora@example.com", PASSWORD)
        assert recorded() == []

    def test_of_a_former_operator_is_recorded_as_failed(self, operator):
        User.objects.filter(pk=operator.pk).update(is_active=False)

        assert sign_in("root@example.com", PASSWORD).get("/admin/").status_code == 302
        assert recorded() == ["sign_in_failed"]

    def test_ends_on_record(self, operator):
        client = sign_in("root@example.com", PASSWORD)

        client.post(reverse("admin:logout"))
        assert recorded() == ["sign_in", "sign_out"]
        assert client.get("/admin/").status_code == 302


class TestIndex:
    def test_says_that_nothing_waits(self):
        page = operators.root().get("/admin/").content.decode()

        assert "Nothing." in page
        assert "No audit is on record" in page

    def test_says_what_waits_to_those_who_may_see_it(self):
        cast.model()
        alice = cast.player("Alice", USD)
        cast.send(cast.report(alice, model="new-model", output=7))

        assert "events in quarantine" in operators.root().get("/admin/").content.decode()
        seen = operators.staff("usage.view_quarantinedevent").get("/admin/").content.decode()
        assert "events in quarantine" in seen
        other = operators.staff("billing.view_wallet", email="other@example.com").get("/admin/")
        assert "events in quarantine" not in other.content.decode()

    def test_shows_no_log_to_those_who_may_not_see_it(self, operator):
        sign_in("root@example.com", PASSWORD)

        assert "sign_in" in operators.signed_in(operator).get("/admin/").content.decode()
        assert "sign_in" not in operators.staff().get("/admin/").content.decode()


class TestBusy:
    def test_database_is_said_in_words(self):
        root = operators.root()

        def is_slow(execute, sql, params, many, context):
            if 'from "hold"' in sql.lower():
                sql = "set local statement_timeout = 1; select pg_sleep(60)"
                params = None
            return execute(sql, params, many, context)

        with connection.execute_wrapper(is_slow):
            answer = root.get("/admin/billing/hold/")
        assert answer.status_code == 503
        assert "ask for less" in answer.content.decode()
