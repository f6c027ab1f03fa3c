"""Key states over HTTP: one key, and the events of all, as the web process answers them."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.api import authentication
from billing.models import KeyEvent
from billing.services import customers, publisher
from tests import cast, gateways
from tests.cast import USD
from tests.gateways import Gateway

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    authentication.forget()


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway("keys:read")


def got(gateway: Gateway, address: str, **query: str) -> dict[str, Any]:
    response = gateway.get(address, **query)
    assert response.status_code == 200, response.content
    content: dict[str, Any] = json.loads(response.content)
    return content


class TestKey:
    def test_tells_what_a_key_may_do(self, gateway: Gateway):
        alice = cast.player("Alice", 1 * USD)
        state = got(gateway, f"keys/{alice.digest.hex()}")
        assert (state["state"], state["since"], state["allowed_models"]) == ("active", None, [])
        assert (state["api_key_id"], state["customer_id"]) == (str(alice.api_key_id), str(alice.id))

        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        frozen = got(gateway, f"keys/{alice.digest.hex()}")
        assert frozen["state"] == "frozen"
        assert frozen["state_version"] > state["state_version"]

    def test_tells_since_when_a_customer_is_cut_off(self, gateway: Gateway):
        state = got(gateway, f"keys/{cast.player('Dora').digest.hex()}")
        assert state["state"] == "cut_off"
        assert state["since"]

    def test_knows_no_other_key(self, gateway: Gateway):
        document = gateways.problem(gateway.get(f"keys/{'0' * 64}"), 404, "unknown_key")
        assert document["field"] == "key_digest"

    @pytest.mark.parametrize("text", ["0" * 63, "A" * 64, "%00", "sk-am-1"])
    def test_refuses_what_is_no_digest(self, text: str, gateway: Gateway):
        document = gateways.problem(gateway.get(f"keys/{text}"), 422, "invalid")
        assert document["field"] == "key_digest"

    def test_needs_its_scope(self):
        address = f"keys/{'0' * 64}"
        gateways.problem(Gateway("").get(address), 401, "service_token")
        gateways.problem(gateways.gateway("holds", "usage").get(address), 403, "missing_scope")


class TestKeyEvents:
    def test_start_where_the_newest_event_is(self, gateway: Gateway):
        assert got(gateway, "key-events") == {"position": 0, "events": []}
        cast.player("Alice", 1 * USD)
        publisher.publish(now=timezone.now())
        newest = KeyEvent.objects.latest("position").position
        assert got(gateway, "key-events") == {"position": newest, "events": []}

    def test_come_in_order_without_gaps(self, gateway: Gateway):
        alice = cast.player("Alice", 1 * USD)
        publisher.publish(now=timezone.now())
        cast.player("Bob", 1 * USD)
        publisher.publish(now=timezone.now())

        page = got(gateway, "key-events", after="0", wait_s="0")
        assert [event["position"] for event in page["events"]] == list(range(1, page["position"] + 1))
        assert page["events"][0]["key_digest"] == alice.digest.hex()
        assert page["events"][0]["state"] == "active"
        assert got(gateway, "key-events", after="1")["events"] == page["events"][1:]
        assert got(gateway, "key-events", after=str(page["position"]))["events"] == []

    def test_are_gone_beyond_the_newest_and_before_the_oldest(self, gateway: Gateway):
        gateways.problem(gateway.get("key-events", after="1"), 410, "position_gone")
        for name in ("Alice", "Bob", "Charlie"):
            cast.player(name)
            publisher.publish(now=timezone.now())
        KeyEvent.objects.filter(position=1).delete()

        gateways.problem(gateway.get("key-events", after="0"), 410, "position_gone")
        assert [event["position"] for event in got(gateway, "key-events", after="1")["events"]] == [2, 3]
        gateways.problem(gateway.get("key-events", after="4"), 410, "position_gone")
        gateways.problem(gateway.get("key-events", after=str(2**63 - 1)), 410, "position_gone")

    @pytest.mark.usefixtures("unaudited")
    def test_are_gone_where_one_is_missing(self, gateway: Gateway):
        for name in ("Alice", "Bob", "Charlie"):
            cast.player(name)
            publisher.publish(now=timezone.now())
        KeyEvent.objects.filter(position=2).delete()
        gateways.problem(gateway.get("key-events", after="0"), 410, "position_gone")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"after": "-1"}, "after"),
            ({"after": ""}, "after"),
            ({"after": "1.0"}, "after"),
            ({"after": "\uff11"}, "after"),
            ({"after": str(2**63)}, "after"),
            ({"after": "9" * 5000}, "after"),
            ({"after": "0\x00"}, "after"),
            ({"after": "0", "wait_s": "31"}, "wait_s"),
            ({"after": "0", "wait_s": "0.5"}, "wait_s"),
            ({"since": "0"}, "since"),
        ],
    )
    def test_refuse_other_queries(self, query: dict[str, str], field: str, gateway: Gateway):
        document = gateways.problem(gateway.get("key-events", **query), 422, "invalid")
        assert document["field"] == field

    def test_refuse_a_parameter_given_twice(self, gateway: Gateway):
        response = gateway.send("GET", "key-events?after=1&after=2")
        assert gateways.problem(response, 422, "invalid")["field"] == "after"
        response = gateway.send("GET", "key-events?" + "after=1&" * 50)
        gateways.problem(response, 422, "invalid")

    def test_need_their_scope(self):
        gateways.problem(Gateway("").get("key-events"), 401, "service_token")
        gateways.problem(gateways.gateway("holds", "usage").get("key-events"), 403, "missing_scope")
