"""Gateways as the internal API meets them: a test client with a service token."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from uuid_utils.compat import uuid7

from accounts.services import service_tokens
from tests import cast

# What Django's test client returns, with all that it adds to a response.
Response = Any
SCOPES = ("holds", "usage", "usage:unheld", "keys:read")


@dataclass(frozen=True)
class Gateway:
    """`secret` is empty for somebody without a token."""

    secret: str

    def get(self, address: str, **query: str) -> Response:
        return Client().get(f"/internal/v1/{address}", query, headers=self._headers())

    def post(self, address: str, body: Any, *, content_type: str = "application/json") -> Response:
        """Send `body`: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        # Django's client leaves the content type of an empty body out, unless it is given as a header.
        headers = self._headers() | {"Content-Type": content_type}
        return Client().post(f"/internal/v1/{address}", data, content_type=content_type, headers=headers)

    def send(self, method: str, address: str) -> Response:
        return Client().generic(method, f"/internal/v1/{address}", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}


def gateway(*scopes: str, name: str = "gateway-1") -> Gateway:
    """A gateway with a fresh token; with every scope unless some are named."""
    issued = service_tokens.issue(gateway=name, scopes=scopes or SCOPES, now=timezone.now())
    return Gateway(issued.secret)


def hold_body(who: cast.Player, **changes: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid7()),
        "key_digest": who.digest.hex(),
        "model": cast.MODEL,
        "bounds": {"input": 0, "output": 1000},
    } | changes


def event_body(who: cast.Player, **changes: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid7()),
        "key_digest": who.digest.hex(),
        "model": cast.MODEL,
        "meters": {"input": 374, "output": 44},
        "outcome": "completed",
        "evidence": "reported",
    } | changes


def problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """Assert that a response is this problem, and return the document."""
    document: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response["Content-Type"] == "application/problem+json"
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return document


def schema() -> dict[str, Any]:
    """The OpenAPI document."""
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document
