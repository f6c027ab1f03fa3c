"""Who calls the customers' API in tests: with a key, or signed in; and how a refusal looks."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests import cast

BODY = {"provider": "stripe", "method": "checkout", "amount": "20.00"}


def signed_in(who: cast.Player | None = None, *, email: str = "", checks_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(User.objects.get(email=email or f"{who.customer.name.lower()}@example.com"))  # type: ignore[union-attr]
    return client


def with_key(who: cast.Player) -> Client:
    return Client(headers={"Authorization": f"Bearer {who.secret}"})


def buy(client: Client, key: str | None = "key-1", *, query: str = "", **changes: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(
        f"/api/v1/top-ups{query}",
        json.dumps(BODY | changes),
        content_type="application/json",
        headers=headers,
    )


def refused(answer: Any, status: int, code: str, field: str | None = None) -> None:
    assert isinstance(answer, HttpResponse)
    said = json.loads(answer.content)
    assert (answer.status_code, said["code"], said.get("field")) == (status, code, field), said
    assert answer["Content-Type"] == "application/problem+json"
