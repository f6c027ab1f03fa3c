"""The customers' OpenAPI document: valid, apart from the gateways', and true."""

import json
from typing import Any

import pytest
from django.test import Client

from tests import gateways

PUBLIC = {
    "/api/v1/credits",
    "/api/v1/papers/{paper_id}.pdf",
    "/api/v1/statement",
    "/api/v1/statement.csv",
    "/api/v1/statement.pdf",
    "/api/v1/top-ups",
    "/api/v1/top-ups/{top_up_id}",
    "/api/v1/top-ups/{top_up_id}/papers",
    "/api/v1/top-ups/{top_up_id}/receipt.pdf",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


class TestDocument:
    def test_names_what_customers_may_call(self, document: dict[str, Any]):
        assert set(document["paths"]) == PUBLIC
        assert document["info"]["title"] == "API Models"

    def test_is_kept_apart_from_the_gateways(self):
        assert not any(path.startswith("/api/") for path in gateways.schema()["paths"])

    def test_says_how_callers_prove_who_they_are(self, document: dict[str, Any]):
        assert set(document["components"]["securitySchemes"]) == {"apiKey", "session"}
        for methods in document["paths"].values():
            for operation in methods.values():
                assert {name for way in operation["security"] for name in way} == {"apiKey", "session"}

    @pytest.mark.parametrize("page", ["docs", "redoc"])
    def test_has_a_page_for_people(self, page: str):
        assert Client().get(f"/api/v1/{page}").status_code == 200
