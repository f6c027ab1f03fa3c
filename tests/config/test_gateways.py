"""Whatever a view below /internal/v1/ raises is a problem to the caller, whoever wrote the view."""

import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from tests import gateways


def broken(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret")


def without_database(_request: HttpRequest) -> HttpResponse:
    raise OperationalError("secret")


def not_rendered(_request: HttpRequest) -> SimpleTemplateResponse:
    return SimpleTemplateResponse("secret.html")


class BrokenFramework(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, _request: HttpRequest) -> Response:
        raise ZeroDivisionError("secret")


urlpatterns = [
    path("internal/v1/broken", broken),
    path("internal/v1/framework", BrokenFramework.as_view()),
    path("internal/v1/not-rendered", not_rendered),
    path("internal/v1/without-database", without_database),
]
pytestmark = pytest.mark.urls(__name__)


def get(address: str) -> Any:
    return Client(raise_request_exception=False).get(f"/internal/v1/{address}")


class TestGatewaysFirst:
    @pytest.mark.parametrize("address", ["broken", "framework", "not-rendered"])
    def test_answers_our_mistakes_as_problems_and_logs_them(
        self, address: str, caplog: pytest.LogCaptureFixture
    ):
        document = gateways.problem(get(address), 500, "internal_error")

        assert "secret" not in json.dumps(document)
        (record,) = [record for record in caplog.records if record.name == "django.request"]
        assert record.levelno == logging.ERROR
        assert record.exc_info

    def test_tells_when_to_come_back_where_the_database_is_away(self):
        response = get("without-database")
        gateways.problem(response, 503, "unavailable")
        assert response["Retry-After"] == "1"

    def test_answers_an_address_that_no_pattern_matches_as_a_problem(self):
        gateways.problem(get("nothing"), 404, "not_found")
