"""The service keeps to its OpenAPI document, whatever comes: schemathesis makes up what."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.contract import service, world
from tests.contract.service import bounded
from tests.gateways import Gateway
from tests.usage.test_api_strict_input import all_rows

load_all_checks()
api = service.document()
narrow = service.narrowed(world.PLACEHOLDERS)
USAGE = "/internal/v1/usage"
_body = api.raw_schema["paths"][USAGE]["post"]["requestBody"]["content"]["application/json"]["schema"]
event = Draft202012Validator(_body["properties"]["events"]["items"])


def judge_events(case: Any, answer: Any) -> None:
    """An event that is none stands alone: the others are taken in, and it is named."""
    results = answer.json()["results"]
    for item, result in zip(case.body["events"], results, strict=True):
        assert event.is_valid(item) or result["result"] == "invalid", (item, result)


class TestDocument:
    @bounded
    @api.parametrize()
    def test_is_kept_whatever_comes(self, case: Any, gateway: Gateway):
        """No status below is a 5xx: statuses, types, headers and shapes of answers are those documented."""
        is_usage = case.operation.path == USAGE
        answer = case.call_and_validate(
            headers=service.headers(gateway),
            excluded_checks=[negative_data_rejection] if is_usage else [],
        )
        if is_usage and answer.status_code == 202:
            judge_events(case, answer)


# What each operation must have answered with, or the examples were not worth much.
REACHED = {
    "POST /internal/v1/holds": {201, 402, 404, 409, 422},
    "POST /internal/v1/holds/{request_id}/extend": {200, 404, 409, 422},
    "POST /internal/v1/holds/{request_id}/release": {200, 404, 409},
    "POST /internal/v1/usage": {202},
    "GET /internal/v1/requests/{request_id}": {200, 404},
    "GET /internal/v1/keys/{key_digest}": {200, 404},
    "GET /internal/v1/key-events": {200, 410},
    "GET /internal/v1/prices": {200},
}


class TestInsideTheDocument:
    """Requests that fit the document, and meet holds, charges, keys and models that are there."""

    @pytest.mark.parametrize("label", REACHED)
    def test_answers_are_as_documented_too(self, label: str, gateway: Gateway):
        operation, there = narrow.find_operation_by_label(label), world.build()
        seen = set()

        @bounded
        @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def answers(case: Any) -> None:
            there.resolve(case)
            seen.add(case.call_and_validate(headers=service.headers(gateway)).status_code)

        answers()
        assert seen >= REACHED[label]

    def test_covers_every_operation(self):
        assert {each.ok().label for each in api.get_all_operations()} == set(REACHED)


TOKENS = ["", "Bearer", "Bearer st-am-" + "0" * 36, "Basic YTpi", "Bearer \xff"]


class TestStranger:
    @pytest.mark.parametrize("label", REACHED)
    def test_learns_nothing_and_changes_nothing(self, label: str, gateway: Gateway):
        operation, there = narrow.find_operation_by_label(label), world.build()
        before = all_rows()

        @settings(bounded, max_examples=5)
        @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), st.sampled_from(TOKENS))
        def refuses(case: Any, token: str) -> None:
            there.resolve(case)
            answer = case.call(headers={"Authorization": token} if token else None)
            assert answer.status_code == 401
            assert answer.json()["code"] == "service_token"
            assert answer.headers["www-authenticate"] == ["Bearer"]

        refuses()
        assert all_rows() == before
