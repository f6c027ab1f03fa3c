"""POST /internal/v1/usage: what became of each event, in their order."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.api import authentication
from billing import valkey
from tests import cast, gateways
from tests.cast import USD
from tests.gateways import Gateway, event_body
from usage.models import Charge, QuarantinedEvent, UsageConflict, UsageEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    authentication.forget()
    valkey.client().flushdb()
    cast.model()


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1 * USD)


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


def report(gateway: Gateway, *events: Any) -> list[dict[str, Any]]:
    response = gateway.post("usage", {"events": events})
    assert response.status_code == 202, response.content
    results: list[dict[str, Any]] = json.loads(response.content)["results"]
    return results


class TestReport:
    def test_is_charged_to_the_nano(self, alice: cast.Player, gateway: Gateway):
        event = event_body(
            alice,
            reported_cost="0.000629046",
            upstream_request_id="msg_1",
            first_byte_ms=420,
            duration_ms=2**31 - 1,
        )
        assert report(gateway, event) == [{"request_id": event["request_id"], "result": "accepted"}]
        cast.settle()
        charge = Charge.objects.get()
        assert charge.amount_nanos == charge.reported_cost_nanos == 629_046
        assert (charge.upstream_request_id, charge.first_byte_ms) == ("msg_1", 420)
        assert alice.wallet().balance_nanos == USD - 629_046

    def test_keeps_not_reported_apart_from_zero(self, alice: cast.Player, gateway: Gateway):
        report(gateway, event_body(alice, meters={"output": 0}))
        stored = UsageEvent.objects.get()
        assert (stored.input, stored.output) == (None, 0)

    def test_wakes_settlement_when_something_was_accepted(self, alice: cast.Player, gateway: Gateway):
        report(gateway, event_body(alice, model="unknown"))
        assert valkey.client().get("wake:usage.tasks.settle") is None
        report(gateway, event_body(alice))
        assert valkey.client().get("wake:usage.tasks.settle") == b"1"

    def test_answers_for_each_event_in_order(self, alice: cast.Player, gateway: Gateway):
        first, stranger = event_body(alice), event_body(alice, key_digest="0" * 64)
        results = report(
            gateway,
            first,
            "not an event",
            event_body(alice, meters={"output": -1}),
            stranger,
            first,
            first | {"meters": {"output": 45}},
            event_body(alice, request_id="1"),
            event_body(alice, surprise=True),
        )
        assert [result["result"] for result in results] == [
            "accepted",
            "invalid",
            "invalid",
            "quarantined",
            "duplicate",
            "conflict",
            "invalid",
            "invalid",
        ]
        assert [result.get("field") for result in results] == [
            *(None, None, "meters.output", None, None, None, "request_id", "surprise")
        ]
        assert results[3] == {
            "request_id": stranger["request_id"],
            "result": "quarantined",
            "code": "unknown_key",
        }
        assert results[1]["reason"] == "must be an object"
        assert [result["request_id"] for result in results[:2]] == [first["request_id"], None]
        assert results[6]["request_id"] is None
        assert UsageEvent.objects.count() == UsageConflict.objects.count() == 1
        assert QuarantinedEvent.objects.get().payload == stranger

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"request_id": str(uuid7()).upper()}, "request_id"),
            ({"request_id": "550e8400-e29b-41d4-a716-446655440000"}, "request_id"),
            ({"key_digest": "A" * 64}, "key_digest"),
            ({"key_digest": "a" * 63}, "key_digest"),
            ({"model": ""}, "model"),
            ({"model": "m" * 101}, "model"),
            ({"model": "a\x00"}, "model"),
            ({"meters": {"input": 1.0}}, "meters.input"),
            ({"meters": {"input": True}}, "meters.input"),
            ({"meters": {"input": 2**63}}, "meters.input"),
            ({"meters": {"reasoning": 1}}, "meters.reasoning"),
            ({"meters": []}, "meters"),
            ({"outcome": "cancelled"}, "outcome"),
            ({"outcome": ["completed"]}, "outcome"),
            ({"evidence": None}, "evidence"),
            ({"reported_cost": 0.1}, "reported_cost"),
            ({"reported_cost": "0.0000000001"}, "reported_cost"),
            ({"reported_cost": "1e-3"}, "reported_cost"),
            ({"reported_cost": "-1"}, "reported_cost"),
            ({"reported_cost": "9223372036.854775808"}, "reported_cost"),
            ({"upstream_request_id": "x" * 201}, "upstream_request_id"),
            ({"upstream_request_id": "\ud800"}, "upstream_request_id"),
            ({"first_byte_ms": -1}, "first_byte_ms"),
            ({"duration_ms": 2**31}, "duration_ms"),
        ],
    )
    def test_names_what_is_wrong_while_the_others_stand(
        self, changes: dict[str, Any], field: str, alice: cast.Player, gateway: Gateway
    ):
        bad, good = report(gateway, event_body(alice, **changes), event_body(alice))
        assert (bad["result"], bad["code"], bad["field"]) == ("invalid", "invalid", field)
        assert bad["reason"]
        assert good["result"] == "accepted"
        assert UsageEvent.objects.count() == 1

    @pytest.mark.parametrize(
        "meters", [{"input": 1_000_000_001}, {"output": 2**31}, {"cache_read": 2**63 - 1}, {}]
    )
    def test_quarantines_impossible_meters(
        self, meters: dict[str, int], alice: cast.Player, gateway: Gateway
    ):
        (result,) = report(gateway, event_body(alice, meters=meters))
        assert (result["result"], result["code"]) == ("quarantined", "impossible_meters")
        assert QuarantinedEvent.objects.get().payload["meters"] == meters

    def test_quarantines_what_is_out_of_its_window(self, alice: cast.Player, gateway: Gateway):
        now = timezone.now()
        moments = [now - timedelta(days=35, minutes=1), now + timedelta(minutes=6)]
        results = report(
            gateway, *(event_body(alice, request_id=str(cast.id_at(moment))) for moment in moments)
        )
        assert [result["code"] for result in results] == ["request_id_out_of_window"] * 2

    def test_takes_usage_without_a_hold_from_a_token_that_may(self, alice: cast.Player):
        event = event_body(alice)
        (refused,) = report(gateways.gateway("usage", name="gateway-2"), event)
        assert (refused["result"], refused["code"]) == ("quarantined", "no_hold")
        (taken,) = report(gateways.gateway("usage", "usage:unheld", name="gateway-3"), event)
        assert taken["result"] == "accepted"

    def test_refuses_a_batch_in_which_nothing_stands(self, alice: cast.Player, gateway: Gateway):
        response = gateway.post("usage", {"events": [event_body(alice, outcome="lost"), 7]})
        document = gateways.problem(response, 422, "invalid")
        assert document["field"] == "events.0.outcome"
        assert [result["result"] for result in document["results"]] == ["invalid", "invalid"]

    def test_takes_a_thousand_events_and_no_more(self, alice: cast.Player, gateway: Gateway):
        events = [event_body(alice) for _ in range(1001)]
        document = gateways.problem(gateway.post("usage", {"events": events}), 413, "too_large")
        assert document["field"] == "events"
        assert not UsageEvent.objects.exists()
        assert {result["result"] for result in report(gateway, *events[:1000])} == {"accepted"}
        gateways.problem(gateway.post("usage", {"events": []}), 422, "invalid")

    def test_takes_four_mebibytes_and_no_more(self, alice: cast.Player, gateway: Gateway):
        body = json.dumps({"events": [event_body(alice)]}).encode()
        padding = b" " * (4 * 1024 * 1024 - len(body))
        gateways.problem(gateway.post("usage", body + padding + b" "), 413, "too_large")
        assert gateway.post("usage", body + padding).status_code == 202
