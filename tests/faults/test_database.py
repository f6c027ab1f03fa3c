"""A database that cannot write: everything fails closed with 503, nothing is half done, nothing is lost."""

from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from billing.models import CreditLot, Hold
from billing.services import credits
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.faults import database
from tests.gateways import Gateway, Response
from usage.models import Charge, QuarantinedEvent, UsageEvent

Hire = Callable[[int], Crew]


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1 * USD)


def refused(response: Response) -> None:
    gateways.problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"
    # A server does this after every request.
    close_old_connections()


def works_again(alice: cast.Player, gateway: Gateway, *, reported: int) -> None:
    """What waits is charged, and new holds are placed."""
    assert cast.settle().charges == reported
    assert not UsageEvent.objects.exists()
    assert not QuarantinedEvent.objects.exists()
    assert gateway.post("holds", gateways.hold_body(alice)).status_code == 201


class TestFullDisk:
    def test_refuses_holds(self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection):
        body = gateways.hold_body(alice)
        with database.failing_commits(owner_connection, "hold"):
            refused(gateway.post("holds", body))

        assert not Hold.objects.exists()
        assert alice.wallet().held_nanos == 0
        assert gateway.post("holds", body).status_code == 201

    def test_refuses_usage_that_it_cannot_keep(
        self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection
    ):
        body = {"events": [gateways.event_body(alice)]}
        with database.failing_commits(owner_connection, "usage_event"):
            refused(gateway.post("usage", body))

        assert not UsageEvent.objects.exists()
        assert gateway.post("usage", body).status_code == 202
        works_again(alice, gateway, reported=1)

    @pytest.mark.parametrize("table", ["charge", "wallet", "transfer", "usage_daily"])
    def test_leaves_what_is_to_be_settled_in_its_queue(
        self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection, table: str
    ):
        held = cast.hold(alice, out=10)
        cast.send(cast.report(alice, held.request_id, output=1), cast.report(alice, output=1))
        with database.failing_commits(owner_connection, table), pytest.raises(DatabaseError):
            cast.settle()

        assert UsageEvent.objects.count() == 2
        assert not Charge.objects.exists()
        assert alice.wallet().held_nanos == 10 * OUTPUT_TOKEN
        works_again(alice, gateway, reported=2)

    def test_gives_no_credit(self, alice: cast.Player, owner_connection: psycopg.Connection):
        with database.failing_commits(owner_connection, "credit_lot"), pytest.raises(DatabaseError):
            cast.fund(alice.id, USD)

        assert CreditLot.objects.count() == 1
        assert alice.wallet().balance_nanos == USD


class TestReadOnly:
    def test_refuses_what_writes_and_keeps_the_queue(self, alice: cast.Player, gateway: Gateway):
        body = gateways.hold_body(alice)
        held = cast.hold(alice, out=10)
        cast.send(cast.report(alice, held.request_id, output=1))

        with database.read_only():
            refused(gateway.post("holds", body))
            refused(gateway.post("holds", body | {"clamp": {"min_output": 1}}))
            refused(gateway.post(f"holds/{held.request_id}/release", {"reason": "unused"}))
            refused(gateway.post("usage", {"events": [gateways.event_body(alice)]}))
            assert gateway.get(f"requests/{held.request_id}").status_code == 200
            with pytest.raises(DatabaseError):
                cast.settle()
            with pytest.raises(DatabaseError):
                credits.grant(
                    customer_id=alice.id,
                    amount_nanos=USD,
                    reason="test",
                    effect_key="grant:1",
                    now=timezone.now(),
                )

        works_again(alice, gateway, reported=1)


class TestStatementTimeout:
    def test_refuses_a_hold(self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection):
        with database.slow_inserts(owner_connection, "hold"):
            refused(gateway.post("holds", gateways.hold_body(alice)))
        assert not Hold.objects.exists()
        works_again(alice, gateway, reported=0)

    def test_refuses_a_report(
        self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection
    ):
        body = {"events": [gateways.event_body(alice)]}
        with database.slow_inserts(owner_connection, "usage_event"):
            refused(gateway.post("usage", body))
        assert gateway.post("usage", body).status_code == 202
        works_again(alice, gateway, reported=1)

    def test_leaves_what_is_to_be_settled_in_its_queue(
        self, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection
    ):
        cast.send(cast.report(alice, output=1))
        with database.slow_inserts(owner_connection, "charge"), pytest.raises(DatabaseError):
            cast.settle()
        works_again(alice, gateway, reported=1)


class TestPool:
    def test_that_is_exhausted_refuses_and_never_hangs(
        self, crew: Hire, alice: cast.Player, gateway: Gateway, owner_connection: psycopg.Connection
    ):
        """Twelve requests for two connections, which wait for a wallet that somebody keeps locked."""
        bodies = [gateways.hold_body(alice) for _ in range(12)]
        addresses = ["requests/" + body["request_id"] for body in bodies[:2]] + ["prices", "key-events"]

        with database.pool(size=2, timeout_s=0.1), owner_connection.transaction():
            owner_connection.execute("select from wallet for update")
            posts = [partial(gateway.post, "holds", body) for body in bodies]
            responses = crew(16).each([*posts, *(partial(gateway.get, each) for each in addresses)])
            for response in responses[:12]:
                gateways.problem(response, 503, "unavailable")
            for response in responses[12:]:
                # A reader may have had a connection before the holds took both.
                assert response.status_code in {200, 404} or gateways.problem(response, 503, "unavailable")

        assert not Hold.objects.exists()
        works_again(alice, gateway, reported=0)
