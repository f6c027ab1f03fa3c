"""Numbers that fit no column, in every numeric field there is: refused or quarantined, never half done."""

import json
from typing import Any

import pytest

from billing.models import Hold
from tests import cast, gateways, hostile
from tests.cast import USD
from tests.faults import fields
from tests.faults.fields import TOO_MUCH, NumericField
from tests.gateways import Gateway, Response
from tests.usage.test_api_strict_input import ENDPOINTS, all_rows
from usage.models import Charge, QuarantinedEvent, UsageEvent

pytestmark = pytest.mark.django_db

FIELDS = list(fields.in_bodies(gateways.schema()))
QUERIES = list(fields.in_queries(gateways.schema()))
AMOUNTS = ["9223372036.854775808", "9999999999", "1e30", "10" * 15, "-1", "NaN", "Infinity", "0.0000000001"]
NUMBERS = {**hostile.NOT_INTEGERS, **TOO_MUCH}
# A number of the right kind, which the field's bounds may allow.
POSSIBLE = {"2^31", "2^53 + 1", "2^63 - 1"}


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1 * USD)


def values_for(field: NumericField) -> dict[str, Any]:
    if not field.is_amount:
        return NUMBERS
    return {**dict(zip(AMOUNTS, AMOUNTS, strict=True)), "a number": 1, "null": None, "a list": ["1"]}


def judge(field: NumericField, name: str, response: Response) -> None:
    """Refused as a problem that names the field; an event may be stored, but is not charged."""
    if response.status_code == 202:
        assert name in POSSIBLE, name
        [result] = json.loads(response.content)["results"]
        assert (result["result"], result["code"]) == ("quarantined", "impossible_meters"), name
        return
    document = gateways.problem(response, response.status_code, json.loads(response.content)["code"])
    assert document["status"] in {400, 422}, (name, document)
    assert field.path[-1] in document["field"].split("."), (name, document)


class TestEveryField:
    def test_is_found_in_the_document(self):
        assert {str(field).removeprefix("/internal/v1/") for field in FIELDS} >= {
            "holds bounds.output",
            "holds clamp.min_output",
            "holds ttl_s",
            "holds/{request_id}/extend bounds.web_search",
            "usage events.0.meters.cache_write_1h",
            "usage events.0.reported_cost",
            "usage events.0.duration_ms",
        }

    @pytest.mark.parametrize("field", FIELDS, ids=str)
    def test_refuses_what_fits_no_column(self, field: NumericField, alice: cast.Player, gateway: Gateway):
        endpoint = ENDPOINTS[field.operation]
        address, body = endpoint.address(alice), endpoint.body(alice)
        before = all_rows() | {"quarantined_event": None}

        for name, value in values_for(field).items():
            judge(field, name, gateway.post(address, field.within(body, value)))

        assert all_rows() | {"quarantined_event": None} == before
        assert not UsageEvent.objects.exists()

    @pytest.mark.parametrize(("address", "name"), QUERIES)
    @pytest.mark.parametrize("text", ["-1", "1.0", "1e3", "\uff11", "", "true", *map(str, TOO_MUCH.values())])
    def test_of_a_query_refuses_it_too(self, address: str, name: str, text: str, gateway: Gateway):
        response = gateway.get(address.removeprefix("/internal/v1/"), **{name: text})
        # A position may be as large as a column.
        allowed = {410} if name == "after" and text.isdigit() else set()
        assert response.status_code in {422} | allowed
        assert json.loads(response.content)["code"] in {"invalid", "position_gone"}


class TestLargestUsage:
    def test_is_charged_whole_and_owed(self, alice: cast.Player):
        """A billion of everything is possible: no sum of it leaves its column."""
        counts: dict[str, Any] = dict.fromkeys(
            ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"], 10**9
        )
        cast.send(*(cast.report(alice, **counts) for _ in range(100)))
        cast.settle()

        one = 10**9 * (4 * 1_059 + 5_295)
        assert set(Charge.objects.values_list("amount_nanos", flat=True)) == {one}
        wallet = alice.wallet()
        assert wallet.balance_nanos - wallet.debt_nanos == USD - 100 * one
        assert not QuarantinedEvent.objects.exists()

    def test_is_too_large_for_a_hold(self, alice: cast.Player, gateway: Gateway):
        body = gateways.hold_body(alice, bounds={"input": 10**9, "output": 10**9})
        gateways.problem(gateway.post("holds", body), 422, "bounds_too_large")
        assert not Hold.objects.exists()
