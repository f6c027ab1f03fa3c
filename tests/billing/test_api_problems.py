"""Problem documents for what is not a mistake of the caller, and for addresses that do not exist."""

import json
import os
from typing import Any

import psycopg
import pytest
from django.db import InternalError, OperationalError, close_old_connections
from django.http import Http404
from psycopg import errors
from psycopg_pool import PoolTimeout
from rest_framework import exceptions

from accounts.api import authentication
from accounts.errors import EmailTaken
from billing.api import problems
from billing.models import Hold
from catalog.errors import UnknownPriceVersion
from tests import cast, gateways
from tests.cast import USD
from tests.gateways import Gateway
from usage.errors import NotFound

CUT = """
    select pg_terminate_backend(pid)
      from pg_stat_activity
     where usename = current_user and datname = current_database() and pid <> pg_backend_pid()
"""


@pytest.fixture(autouse=True)
def _forget_callers():
    authentication.forget()


class TestOf:
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (OperationalError("canceling statement due to lock timeout"), 503, "unavailable"),
            (PoolTimeout("couldn't get a connection"), 503, "unavailable"),
            (EmailTaken("taken"), 409, "email_taken"),
            (UnknownPriceVersion("none"), 404, "unknown_price_version"),
            (NotFound("none"), 404, "not_found"),
            (Http404(), 404, "not_found"),
            (exceptions.ParseError("bad"), 400, "invalid"),
            (exceptions.NotAcceptable(), 406, "not_acceptable"),
            (exceptions.Throttled(wait=7), 429, "throttled"),
        ],
    )
    def test_knows_every_apps_errors(self, error: Exception, status: int, code: str):
        problem = problems.of(error)
        assert problem
        assert (problem.status, problem.code) == (status, code)
        assert json.loads(problem.body())["status"] == status

    @pytest.mark.parametrize(
        "cause", [errors.ReadOnlySqlTransaction("read-only"), errors.IdleInTransactionSessionTimeout("idle")]
    )
    def test_takes_a_database_that_cannot_write_for_one_that_is_away(self, cause: Exception):
        error = InternalError("what the driver says")
        error.__cause__ = cause
        problem = problems.of(error)
        assert problem
        assert (problem.status, problem.headers) == (503, {"Retry-After": "1"})

    def test_leaves_our_own_mistakes_alone(self):
        assert problems.of(ZeroDivisionError()) is None
        assert problems.of(InternalError("data corrupted")) is None

    def test_tells_a_throttled_caller_when_to_come_back(self):
        problem = problems.of(exceptions.Throttled(wait=7))
        assert problem
        assert problem.headers == {"Retry-After": "7"}


@pytest.mark.parametrize(
    "address", ["holds/", "holds/1", "", "nothing", "holds/1/extend/2", "../internal", "schema/x", "%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
class TestUnknownAddresses:
    def test_are_problems_too(self, method: str, address: str):
        gateways.problem(Gateway("").send(method, address), 404, "not_found")


class TestWithoutTheDatabase:
    """The service fails closed: 503 with Retry-After, never 500, and nothing is held."""

    def test_refuses_a_hold_while_the_wallet_is_locked(
        self, committed_db: None, owner_connection: psycopg.Connection
    ):
        cast.model()
        alice = cast.player("Alice", 1 * USD)
        gateway = gateways.gateway()
        body = gateways.hold_body(alice)
        with owner_connection.transaction():
            owner_connection.execute("select from wallet for update")
            response = gateway.post("holds", body)

        document = gateways.problem(response, 503, "unavailable")
        assert response["Retry-After"] == "1"
        assert document["request_id"] == body["request_id"]
        assert not Hold.objects.exists()
        assert gateway.post("holds", body).status_code == 201

    def test_comes_back_by_itself_when_connections_were_cut(self, committed_db: None):
        cast.model()
        alice = cast.player("Alice", 1 * USD)
        gateway = gateways.gateway()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute(CUT)

        statuses: list[int] = []
        while 202 not in statuses and len(statuses) < 20:
            response = gateway.post("usage", {"events": [gateways.event_body(alice)]})
            statuses.append(response.status_code)
            # A server does this after every request, Django's test client does not.
            close_old_connections()
            if response.status_code != 202:
                gateways.problem(response, 503, "unavailable")
        assert statuses[-1] == 202
        assert 503 in statuses


class TestMembers:
    def test_shows_amounts_as_decimals(self):
        class Short(Exception):
            code = "short"
            http_status = 402
            detail = "short"
            extra: dict[str, Any] = {"available_nanos": 1, "limit_source": "wallet", "nothing": None}

        problem = problems.of(Short())
        assert problem
        document = json.loads(problem.body())
        assert (document["available"], document["limit_source"]) == ("0.000000001", "wallet")
        assert "nothing" not in document
        assert document["top_up_url"].endswith("/dashboard/top-up/")
