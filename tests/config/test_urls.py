"""The pages that describe the internal API, for people."""

from typing import Any

import pytest
from django.test import Client

from tests import gateways

PAGES = ["docs", "redoc", "schema"]


@pytest.mark.parametrize("page", PAGES)
class TestPages:
    @pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE"])
    def test_refuse_other_methods(self, page: str, method: str):
        headers = {"Accept": "text/html, */*"}
        response: Any = Client().generic(method, f"/internal/v1/{page}", headers=headers)
        gateways.problem(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, HEAD"

    def test_answer_readers(self, page: str):
        assert Client().get(f"/internal/v1/{page}").status_code == 200
        assert Client().head(f"/internal/v1/{page}").status_code == 200
