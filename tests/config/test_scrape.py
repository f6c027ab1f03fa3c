"""Who may read /metrics, and what stands there."""

from ipaddress import ip_network

import pytest
from django.test import Client

from config.gauges import HELP
from tests import cast
from tests.config.scraped import samples
from tests.config.test_gauges import OF_ROWS
from tests.gateways import gateway, hold_body

OURS = (
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "::1",
    "fd00::1",
    "::ffff:10.0.0.1",
)
FOREIGN = ("8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8", "", "unix:", "127.0.0.1, 10.0.0.1")
HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


def status(address: str, **headers: str) -> int:
    return Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code


@pytest.mark.django_db
class TestMetrics:
    @pytest.mark.parametrize("address", OURS)
    def test_answers_this_machine_and_private_networks(self, address):
        assert status(address) == 200

    @pytest.mark.parametrize("address", FOREIGN)
    def test_refuses_all_others(self, address):
        assert status(address) == 403

    @pytest.mark.parametrize("header", HEADERS)
    def test_refuses_what_came_through_a_proxy_whatever_the_proxys_address(self, header):
        assert status("127.0.0.1", **{header: "127.0.0.1"}) == 403

    def test_goes_by_the_setting(self, settings):
        settings.METRICS_ALLOW = [ip_network("192.0.2.0/24")]

        assert (status("192.0.2.9"), status("127.0.0.1")) == (200, 403)

    def test_refuses_other_methods(self, client):
        assert client.post("/metrics").status_code == 405

    def test_shows_gauges_and_every_kind_of_count(self, client):
        client.get("/internal/v1/prices")
        names = {name for name, _ in samples(client.get("/metrics").content.decode())}

        assert {f"billing_{name}" for name in HELP.keys() - OF_ROWS} <= names
        assert {"billing_request_seconds_count", "billing_problems_total"} <= names

    def test_names_nobody(self, client):
        cast.model()
        alice = cast.player("Alice", cast.USD)
        one = gateway(name="gateway-1")
        placed = one.post("holds", hold_body(alice)).json()
        one.get(f"requests/{placed['request_id']}")
        one.get(f"keys/{alice.digest.hex()}")

        text = client.get("/metrics").content.decode()

        named = (alice.id, alice.api_key_id, alice.digest.hex(), placed["request_id"], "alice", "gateway-1")
        assert [str(name) for name in named if str(name) in text] == []
