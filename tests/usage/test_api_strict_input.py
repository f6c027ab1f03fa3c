"""Strict input: every POST endpoint refuses every hostile body with a problem document and writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.api import authentication
from billing import sql
from tests import cast, gateways, hostile
from tests.cast import USD
from tests.gateways import Gateway

pytestmark = pytest.mark.django_db

TABLES = """
    select relname from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> 'django_migrations'
     order by relname
"""


@dataclass(frozen=True)
class Endpoint:
    """Where it is, a body that it takes, and where that body has an integer and a text."""

    address: Callable[[cast.Player], str]
    body: Callable[[cast.Player], dict[str, Any]]
    status: int
    integer: hostile.Path | None
    text: hostile.Path


def of_a_hold(verb: str) -> Callable[[cast.Player], str]:
    return lambda who: f"holds/{cast.hold(who).request_id}/{verb}"


ENDPOINTS = {
    "/internal/v1/holds": Endpoint(
        lambda _: "holds", gateways.hold_body, 201, integer=("bounds", "output"), text=("model",)
    ),
    "/internal/v1/holds/{request_id}/extend": Endpoint(
        of_a_hold("extend"),
        lambda _: {
            "bounds": {"input": 0, "output": 2000},
            "expires_at": (timezone.now() + timedelta(hours=1)).isoformat(),
        },
        200,
        integer=("bounds", "output"),
        text=("expires_at",),
    ),
    "/internal/v1/holds/{request_id}/release": Endpoint(
        of_a_hold("release"),
        lambda _: {"reason": "the provider refused"},
        200,
        integer=None,
        text=("reason",),
    ),
    "/internal/v1/usage": Endpoint(
        lambda _: "usage",
        lambda who: {"events": [gateways.event_body(who)]},
        202,
        integer=("events", 0, "meters", "output"),
        text=("events", 0, "model"),
    ),
}
each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS.keys())


@pytest.fixture(autouse=True)
def _forget_callers():
    authentication.forget()


@pytest.fixture
def alice() -> cast.Player:
    cast.model()
    return cast.player("Alice", 1 * USD)


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


def all_rows() -> dict[str, Any]:
    """A digest of every table's content."""
    digest = "select md5(coalesce(string_agg(r::text, '|' order by r::text), '')) as digest from {} r"
    return {row.relname: sql.fetch(digest.format(row.relname))[0].digest for row in sql.fetch(TABLES)}


class TestEveryPostEndpoint:
    def test_stands_in_this_table(self):
        paths = gateways.schema()["paths"]
        assert {path for path, methods in paths.items() if "post" in methods} == set(ENDPOINTS)

    @each_endpoint
    def test_takes_the_valid_body(self, endpoint: Endpoint, alice: cast.Player, gateway: Gateway):
        response = gateway.post(endpoint.address(alice), endpoint.body(alice))
        assert response.status_code == endpoint.status, response.content

    @each_endpoint
    def test_refuses_hostile_bodies_and_writes_nothing(
        self, endpoint: Endpoint, alice: cast.Player, gateway: Gateway
    ):
        address = endpoint.address(alice)
        before = all_rows()
        accepted = {}
        for name, body in hostile.variants(
            endpoint.body(alice), integer=endpoint.integer, text=endpoint.text
        ):
            response = gateway.post(address, body)
            if response.status_code not in {400, 413, 422}:
                accepted[name] = (response.status_code, response.content[:200])
                continue
            expected = "too_large" if response.status_code == 413 else "invalid"
            assert len(response.content) < 2000, name
            gateways.problem(response, response.status_code, expected)
        assert accepted == {}
        assert all_rows() == before

    @each_endpoint
    def test_refuses_other_content_types(self, endpoint: Endpoint, alice: cast.Player, gateway: Gateway):
        address, body = endpoint.address(alice), endpoint.body(alice)
        before = all_rows()
        for content_type in ("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = gateway.post(address, body, content_type=content_type)
            gateways.problem(response, 415, "unsupported_media_type")
        response = gateway.post(address, body, content_type="application/json; charset=latin-1")
        gateways.problem(response, 415, "unsupported_media_type")
        assert all_rows() == before

    @each_endpoint
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"])
    def test_refuses_other_methods(
        self, method: str, endpoint: Endpoint, alice: cast.Player, gateway: Gateway
    ):
        response = gateway.send(method, endpoint.address(alice))
        assert response.status_code == 405
        assert response["Allow"] == "POST"
        if method != "HEAD":
            gateways.problem(response, 405, "method_not_allowed")

    @each_endpoint
    def test_needs_a_token_with_its_scope(self, endpoint: Endpoint, alice: cast.Player):
        address, body = endpoint.address(alice), endpoint.body(alice)
        before = all_rows()
        response = Gateway("").post(address, body)
        gateways.problem(response, 401, "service_token")
        assert response["WWW-Authenticate"] == "Bearer"
        gateways.problem(Gateway("st-am-" + "0" * 36).post(address, body), 401, "service_token")
        assert all_rows() == before
        gateways.problem(gateways.gateway("keys:read").post(address, body), 403, "missing_scope")
