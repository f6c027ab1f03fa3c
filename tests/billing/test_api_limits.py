"""Limits over HTTP: the refusal of a hold, and what a gateway sees of a limited key."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.api import authentication
from accounts.models import LimitPeriod
from billing import limit_periods
from billing.services import publisher
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD, Player
from tests.gateways import Gateway, hold_body

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    authentication.forget()
    cast.model()


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


@pytest.fixture
def alice() -> Player:
    """May spend $0.05 a week, 9442 output tokens."""
    alice = cast.player("Alice", 1 * USD)
    cast.limit(alice, USD // 20, "week")
    return alice


def next_monday() -> datetime:
    this_week = limit_periods.start_of(LimitPeriod.WEEK, timezone.now().date())
    end = limit_periods.end_of(LimitPeriod.WEEK, this_week)
    assert end
    return end


def seen(gateway: Gateway, who: Player) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gateway.get(f"keys/{who.digest.hex()}").content)
    return document


def reach(who: Player) -> None:
    cast.send(cast.report(who, output=10_000))
    cast.settle()
    publisher.publish(now=timezone.now())


class TestHold:
    def test_is_refused_with_all_that_helps(self, alice: Player, gateway: Gateway):
        body = hold_body(alice, bounds={"input": 0, "output": 10_000})

        for _ in range(2):
            response = gateway.post("holds", body)
            document = gateways.problem(response, 402, "key_limit_reached")
            assert "Retry-After" not in response
            assert {name: document[name] for name in ("limit_source", "required", "available")} == {
                "limit_source": "key",
                "required": "0.05295",
                "available": "0.05",
            }
            assert document["affordable_output"] == 9442
            assert document["resumes_at"] == next_monday().isoformat()
            assert document["top_up_url"]

    def test_is_clamped_to_the_limit(self, alice: Player, gateway: Gateway):
        body = hold_body(alice, bounds={"input": 0, "output": 10_000}, clamp={"min_output": 1})
        response = gateway.post("holds", body)
        assert response.status_code == 201
        assert json.loads(response.content)["max_output"] == 9442

    def test_may_not_be_extended_beyond_the_limit(self, alice: Player, gateway: Gateway):
        body = hold_body(alice)
        gateway.post("holds", body)
        longer = {"bounds": {"input": 0, "output": 9443}, "expires_at": _soon()}
        response = gateway.post(f"holds/{body['request_id']}/extend", longer)
        document = gateways.problem(response, 402, "key_limit_reached")
        assert (document["available"], document["affordable_output"]) == ("0.05", 9442)


def _soon() -> str:
    return (timezone.now() + timedelta(hours=1)).isoformat()


class TestKey:
    def test_shows_its_limit(self, alice: Player, gateway: Gateway):
        cast.send(cast.report(alice, output=1000))
        cast.settle()
        cast.hold(alice, out=2000)

        limit = seen(gateway, alice)["limit"]
        assert limit == {
            "amount": "0.05",
            "period": "week",
            "period_start": limit["period_start"],
            "period_ends_at": next_monday().isoformat(),
            "spent": "0.005295",
            "held": "0.01059",
            "remaining": "0.034115",
        }

    def test_shows_none_where_none_is_set(self, gateway: Gateway):
        assert seen(gateway, cast.player("Bob", USD))["limit"] is None

    def test_tells_when_it_works_again(self, alice: Player, gateway: Gateway):
        reach(alice)
        state = seen(gateway, alice)
        assert (state["state"], state["resumes_at"]) == ("limit_reached", next_monday().isoformat())
        assert state["limit"]["spent"] == "0.05295"
        assert state["limit"]["remaining"] == "0"

    def test_is_published_without_what_changes_with_every_request(self, alice: Player, gateway: Gateway):
        reach(alice)
        event = json.loads(gateway.get("key-events", after="0").content)["events"][-1]
        assert (event["state"], event["resumes_at"]) == ("limit_reached", next_monday().isoformat())
        assert "limit" not in event

    def test_never_works_again_by_itself_where_its_limit_has_no_period(self, alice: Player, gateway: Gateway):
        cast.limit(alice, 1000 * OUTPUT_TOKEN, "total")
        reach(alice)
        state = seen(gateway, alice)
        assert (state["state"], state["resumes_at"]) == ("limit_reached", None)
        assert state["limit"]["period_ends_at"] is None
        assert "resumes_at" not in json.loads(gateway.post("holds", hold_body(alice)).content)
