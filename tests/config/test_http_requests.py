"""Each HTTP request has an id, one line, and a count."""

import json
import re

import pytest
from django.test import Client

from tests import cast
from tests.config.request_lines import counted, shown
from tests.gateways import gateway, hold_body

ID = "0b6f1a55-2f1c-4f3e-9a64-0d8f6a3f9c21"
HEX = ID.replace("-", "")
KEY = "sk-am-4fR9xQ2mZ8bT1cV7nK3pL5sD0gH6jW1a2b3c"


class TestId:
    @pytest.mark.parametrize("given", [ID, HEX, HEX.upper()])
    def test_is_the_callers_own_where_it_is_well_formed(self, client, lines, given):
        response = client.get("/healthz", headers={"X-Request-Id": given})

        assert response["X-Request-Id"] == given
        assert lines[0].http_request_id == given

    @pytest.mark.parametrize("given", [KEY, "", "1", "a" * 33, f"{HEX}\t", "\uff41" * 32, "a b"])
    def test_is_ours_where_it_is_not(self, client, given):
        response = client.get("/healthz", headers={"X-Request-Id": given})

        assert re.fullmatch("[0-9a-f]{32}", response["X-Request-Id"])
        assert response["X-Request-Id"] != given

    def test_is_new_for_every_request(self, client):
        assert client.get("/healthz")["X-Request-Id"] != client.get("/healthz")["X-Request-Id"]

    @pytest.mark.parametrize("address", ["/nowhere", "/admin/", "/internal/v1/holds", "/metrics"])
    @pytest.mark.django_db
    def test_stands_on_every_answer(self, client, address):
        assert client.get(address)["X-Request-Id"]


@pytest.mark.django_db
class TestLine:
    def test_names_gateway_route_and_code(self, lines):
        cast.model()
        dora = cast.player("Dora")

        gateway(name="gateway-7").post("holds", hold_body(dora))

        line = lines[0]
        assert line[:3] == ("POST", "internal/v1/holds", 402)
        assert (line.gateway, line.code) == ("gateway-7", "cut_off")
        assert line.duration_ms > 0

    def test_is_written_for_a_success_too(self, lines):
        cast.model()
        alice = cast.player("Alice", cast.USD)

        gateway().post("holds", hold_body(alice))

        assert (lines[0].status, lines[0].code) == (201, None)

    def test_is_left_out_for_a_success_where_only_problems_are_wanted(self, lines, settings):
        settings.LOG_REQUESTS = "problems"

        Client().get("/healthz")
        Client().get("/nowhere")

        assert [line.status for line in lines] == [404]

    def test_shows_no_address_and_no_method_of_a_callers_choice(self, lines):
        Client().generic(KEY, f"/{KEY}", QUERY_STRING=f"key={KEY}", headers={"User-Agent": KEY})

        assert lines[0][:3] == ("OTHER", "unknown", 404)
        assert KEY not in json.dumps(lines)

    def test_forgets_the_gateway_of_the_request_before(self, lines):
        gateway(name="gateway-7").get("prices")
        gateway(name="gateway-7").get("keys/" + "0" * 64)
        Client().get("/internal/v1/prices")

        assert lines[1].gateway == "gateway-7"
        assert lines[2].gateway is None


@pytest.mark.django_db
class TestCount:
    def test_counts_requests_and_problems(self):
        served = 'billing_request_seconds_count{method="GET",route="internal/v1/prices",status="401"}'
        refused = 'billing_problems_total{code="service_token",route="internal/v1/prices"}'
        before = counted(served), counted(refused)

        Client().get("/internal/v1/prices")

        assert (counted(served), counted(refused)) == (before[0] + 1, before[1] + 1)

    def test_gives_all_unknown_addresses_one_name(self):
        before = counted("billing_request_seconds_count")
        Client().get("/one")
        first = len(shown())
        Client().get("/two")

        assert len(shown()) == first
        assert counted("billing_request_seconds_count") == before + 2
