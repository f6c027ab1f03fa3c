"""GET /internal/v1/requests/{id}: the support view."""

import json
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.api import authentication
from billing.models import LedgerTransaction
from tests import cast, gateways
from tests.cast import OUTPUT_TOKEN, USD
from tests.gateways import Gateway
from usage.services.corrections import evidence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    authentication.forget()


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 1 * USD)


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


def settle() -> None:
    cast.settle()


def seen(gateway: Gateway, request_id: object, **query: str) -> dict[str, Any]:
    response = gateway.get(f"requests/{request_id}", **query)
    assert response.status_code == 200, response.content
    content: dict[str, Any] = json.loads(response.content)
    return content


class TestRequest:
    def test_follows_a_request_from_hold_to_ledger(self, alice: cast.Player, gateway: Gateway):
        held = cast.hold(alice, tokens_in=374, out=256)
        found = seen(gateway, held.request_id)
        assert (found["state"], found["hold"]["state"], found["charge"]) == ("held", "open", None)
        assert found["hold"]["bounds"] == {"input": 374, "output": 256, "web_search": 0}
        assert (found["customer_id"], found["api_key_id"]) == (str(alice.id), str(alice.api_key_id))

        cast.send(cast.report(alice, held.request_id, input=374, output=44))
        found = seen(gateway, held.request_id)
        assert found["state"] == "waiting"
        assert found["waiting_since"]

        settle()
        found = seen(gateway, held.request_id)
        charge = found["charge"]
        assert (found["state"], found["hold"]["state"], found["waiting_since"]) == (
            "charged",
            "settled",
            None,
        )
        assert (charge["amount"], charge["unrounded"]) == ("0.000629046", "0.000629046")
        assert charge["held"] == found["hold"]["amount"] == "0.001751586"
        assert charge["ledger_transaction_id"] == str(LedgerTransaction.objects.get(kind="usage").id)
        assert charge["lines"] == [
            {
                "meter": "input",
                "quantity": 374,
                "rated_as": "input",
                "price_per_million": "1.059",
                "amount": "0.000396066",
            },
            {
                "meter": "output",
                "quantity": 44,
                "rated_as": "output",
                "price_per_million": "5.295",
                "amount": "0.00023298",
            },
        ]

    def test_tells_what_is_rated_as_input_and_what_has_no_price(self, alice: cast.Player, gateway: Gateway):
        cast.model("dear", cache_write_1h=2_000_001)
        sent = cast.report(alice, model="dear", cache_read=1, cache_write_1h=1, web_search=2)
        cast.send(sent)
        settle()
        charge = seen(gateway, sent.request_id)["charge"]
        assert [(line["meter"], line["rated_as"], line["price_per_million"]) for line in charge["lines"]] == [
            ("cache_read", "input", "1.059"),
            ("cache_write_1h", "cache_write_1h", "2.000001"),
            ("web_search", "web_search", None),
        ]
        assert charge["unpriced"] == ["web_search"]
        assert (charge["unrounded"], charge["amount"]) == ("0.000003059001", "0.000003059")

    def test_shows_debts_with_their_causes(self, gateway: Gateway, alice: cast.Player):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        held = cast.hold(dora, out=1000)
        cast.send(cast.report(dora, held.request_id, output=1050))
        settle()
        (debt,) = seen(gateway, held.request_id)["debts"]
        assert (debt["amount"], debt["cause"]) == ("0.00026475", "above_bounds")

    def test_shows_conflicts(self, alice: cast.Player, gateway: Gateway):
        first = cast.report(alice, output=1)
        cast.send(first)
        settle()
        cast.send(cast.report(alice, first.request_id, output=2))
        found = seen(gateway, first.request_id)
        assert found["charge"]["lines"][0]["quantity"] == 1
        assert [conflict["gateway"] for conflict in found["conflicts"]] == ["gateway-1"]

    def test_shows_corrections_and_what_the_request_costs_now(self, alice: cast.Player, gateway: Gateway):
        dora = cast.player("Dora", 10 * OUTPUT_TOKEN)
        first = cast.report(dora, output=10, evidence="estimated")
        cast.send(first)
        settle()
        assert seen(gateway, first.request_id)["total"] == "0.00005295"
        cast.send(cast.report(dora, first.request_id, output=13))
        evidence.correct(now=timezone.now())

        found = seen(gateway, first.request_id)

        [correction] = found["corrections"]
        assert (correction["amount"], correction["corrects"]) == ("0.000015885", str(first.request_id))
        assert [(line["meter"], line["quantity"]) for line in correction["lines"]] == [("output", 3)]
        assert found["total"] == "0.000068835"
        [conflict] = found["conflicts"]
        assert (conflict["verdict"], conflict["evidence"]) == ("corrected", "reported")
        assert conflict["corrected_by"] == correction["request_id"]
        [debt] = found["debts"]
        assert (debt["cause"], debt["amount"]) == ("correction", "0.000015885")

    def test_finds_what_only_quarantine_knows(self, alice: cast.Player, gateway: Gateway):
        sent = cast.report(alice, key_digest=b"\0" * 32, output=1)
        cast.send(sent)
        found = seen(gateway, sent.request_id)
        assert (found["state"], found["customer_id"]) == ("quarantined", None)
        assert [event["code"] for event in found["quarantined"]] == ["unknown_key"]

    def test_shows_a_refused_hold(self, gateway: Gateway, alice: cast.Player):
        dora = cast.player("Dora")
        body = gateways.hold_body(dora)
        gateways.problem(gateway.post("holds", body), 402, "cut_off")
        found = seen(gateway, body["request_id"])
        assert (found["state"], found["hold"]["refusal"]) == ("refused", "cut_off")

    def test_asks_which_customer_is_meant_where_an_id_was_used_twice(
        self, alice: cast.Player, gateway: Gateway
    ):
        charlie = cast.player("Charlie", 1 * USD)
        held = cast.hold(alice)
        cast.hold(charlie, request_id=held.request_id)
        response = gateway.get(f"requests/{held.request_id}")
        document = gateways.problem(response, 409, "request_conflict")
        assert set(document["customers"]) == {str(alice.id), str(charlie.id)}
        found = seen(gateway, held.request_id, customer_id=str(charlie.id))
        assert found["customer_id"] == str(charlie.id)

    def test_knows_nothing_of_an_unknown_id(self, gateway: Gateway):
        request_id = uuid7()
        document = gateways.problem(gateway.get(f"requests/{request_id}"), 404, "not_found")
        assert document["request_id"] == str(request_id)

    @pytest.mark.parametrize("text", ["1", "x" * 36, "550e8400-e29b-41d4-a716-446655440000", "%00", "%ff"])
    def test_refuses_what_is_no_request_id(self, text: str, gateway: Gateway):
        gateways.problem(gateway.get(f"requests/{text}"), 422, "invalid")

    @pytest.mark.parametrize("query", [{"customer_id": "x"}, {"customer_id": "\x00"}, {"unknown": "1"}])
    def test_refuses_other_queries(self, query: dict[str, str], gateway: Gateway):
        document = gateways.problem(gateway.get(f"requests/{uuid7()}", **query), 422, "invalid")
        assert document["field"] in query

    def test_needs_one_of_two_scopes(self, alice: cast.Player):
        address = f"requests/{cast.hold(alice).request_id}"
        gateways.problem(Gateway("").get(address), 401, "service_token")
        gateways.problem(gateways.gateway("keys:read", name="gateway-2").get(address), 403, "missing_scope")
        for number, scope in enumerate(("holds", "usage")):
            assert gateways.gateway(scope, name=f"reader-{number}").get(address).status_code == 200
