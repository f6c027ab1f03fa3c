"""The OpenAPI document: valid, complete, and true of what the endpoints really answer."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.core.management import call_command
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.api import authentication
from billing.services import publisher
from tests import cast, gateways
from tests.cast import USD

TAGS = {"holds", "keys", "prices", "usage"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return gateways.schema()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if TAGS & set(operation["tags"]):
                yield f"{method} {path.removeprefix('/internal/v1/')}", operation


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "requestBody" in operation:
        yield "request", operation["requestBody"]["content"]["application/json"]
    for status, response in operation["responses"].items():
        for body in response["content"].values():
            yield status, body


def conforms(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    components = _as_json_schema(document["components"])
    jsonschema.validate(value, {**_as_json_schema(schema), "components": components})


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says nullable where JSON Schema says null; what is sent is described completely."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


class TestDocument:
    def test_is_valid_without_a_warning(self, tmp_path):
        file = str(tmp_path / "schema.yml")
        call_command("spectacular", validate=True, fail_on_warn=True, file=file)

    def test_describes_every_endpoint_of_the_gateways(self, document: dict[str, Any]):
        assert {name for name, _ in operations(document)} == {
            "post holds",
            "post holds/{request_id}/extend",
            "post holds/{request_id}/release",
            "post usage",
            "get requests/{request_id}",
            "get keys/{key_digest}",
            "get key-events",
            "get prices",
        }

    def test_asks_for_a_service_token_everywhere(self, document: dict[str, Any]):
        assert document["components"]["securitySchemes"]["serviceToken"]["scheme"] == "bearer"
        for name, operation in operations(document):
            assert operation["security"] == [{"serviceToken": []}], name

    def test_documents_the_problems_of_every_endpoint(self, document: dict[str, Any]):
        for name, operation in operations(document):
            expected = {"401", "403", "422", "503"}
            if "requestBody" in operation:
                expected |= {"400", "413", "415"}
            assert expected <= set(operation["responses"]), name
            for status, response in operation["responses"].items():
                assert (PROBLEM in response["content"]) == (int(status) >= 400), (name, status)

    def test_requires_every_body(self, document: dict[str, Any]):
        bodies = [
            operation["requestBody"] for _, operation in operations(document) if "requestBody" in operation
        ]
        assert bodies
        assert all(body["required"] for body in bodies)

    def test_gives_examples_that_are_true_to_their_schemas(self, document: dict[str, Any]):
        for name, operation in operations(document):
            for where, body in bodies(operation):
                assert body.get("examples"), (name, where)
                for example in body["examples"].values():
                    conforms(example["value"], body["schema"], document)


@pytest.mark.django_db
class TestRealAnswers:
    def test_are_as_documented(self, document: dict[str, Any]):
        authentication.forget()
        cast.model()
        alice, dora, bob = cast.player("Alice", 1 * USD), cast.player("Dora"), cast.player("Bob", 1 * USD)
        cast.limit(bob, 0, "day")
        gateway = gateways.gateway()
        publisher.publish(now=timezone.now())
        body = gateways.hold_body(alice, bounds={"input": 374, "output": 100})
        hold = f"holds/{body['request_id']}"
        until = (timezone.now() + timedelta(hours=1)).isoformat()
        usage = {"events": [gateways.event_body(alice, request_id=body["request_id"]), 1]}
        longer = {"bounds": {"input": 374, "output": 200}, "expires_at": until}
        answers = [
            ("post holds", gateway.post("holds", body)),
            ("post holds", gateway.post("holds", gateways.hold_body(dora))),
            ("post holds", gateway.post("holds", gateways.hold_body(bob))),
            ("get keys/{key_digest}", gateway.get(f"keys/{bob.digest.hex()}")),
            ("post holds", gateway.post("holds", {})),
            ("post holds/{request_id}/extend", gateway.post(f"{hold}/extend", longer)),
            ("get requests/{request_id}", gateway.get(f"requests/{body['request_id']}")),
            ("post usage", gateway.post("usage", usage)),
            ("post usage", gateway.post("usage", {"events": [1]})),
        ]
        cast.settle()
        unused = cast.hold(alice)
        answers += [
            ("get requests/{request_id}", gateway.get(f"requests/{body['request_id']}")),
            ("get requests/{request_id}", gateway.get(f"requests/{uuid7()}")),
            ("post holds/{request_id}/release", gateway.post(f"{hold}/release", {"reason": "late"})),
            (
                "post holds/{request_id}/release",
                gateway.post(f"holds/{unused.request_id}/release", {"reason": "unused"}),
            ),
            ("get keys/{key_digest}", gateway.get(f"keys/{alice.digest.hex()}")),
            ("get key-events", gateway.get("key-events", after="0")),
            ("get key-events", gateway.get("key-events", after="99")),
            ("get prices", gateway.get("prices")),
            ("get prices", gateway.get("prices", surprise="1")),
        ]
        described = dict(operations(document))
        seen = []
        for name, response in answers:
            content = described[name]["responses"][str(response.status_code)]["content"]
            conforms(json.loads(response.content), content[response["Content-Type"]]["schema"], document)
            seen.append(response.status_code)
        assert seen == [
            201,
            402,
            402,
            200,
            422,
            200,
            200,
            202,
            422,
            200,
            404,
            409,
            200,
            200,
            200,
            410,
            200,
            422,
        ]
