"""What every endpoint for gateways does with our own mistakes, and with bodies of unknown length."""

import json
import logging
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.api import authentication
from accounts.api.authentication import Caller
from billing.api.internal import InternalView
from tests import gateways
from tests.gateways import Gateway

pytestmark = pytest.mark.django_db

REQUEST_ID = UUID("019f0f6e-9c00-7a1b-8c2d-3e4f5a6b7c8d")


@pytest.fixture(autouse=True)
def _forget_callers():
    authentication.forget()


@pytest.fixture
def gateway() -> Gateway:
    return gateways.gateway()


class BrokenView(InternalView):
    required_scopes = {"GET": ("holds",)}

    def get(self, _request: HttpRequest, _caller: Caller, error: Exception) -> HttpResponse:
        self.request_id = REQUEST_ID
        raise error


def broken(gateway: Gateway, error: Exception) -> HttpResponse:
    request = RequestFactory().get("/broken", headers={"Authorization": f"Bearer {gateway.secret}"})
    response: HttpResponse = BrokenView.as_view()(request, error=error)
    return response


class TestOurOwnMistake:
    def test_is_a_problem_that_names_the_request(self, gateway: Gateway):
        document = gateways.problem(broken(gateway, ZeroDivisionError("secret")), 500, "internal_error")
        assert document["request_id"] == str(REQUEST_ID)
        assert "secret" not in json.dumps(document)

    def test_is_logged_with_its_traceback(self, gateway: Gateway, caplog: pytest.LogCaptureFixture):
        error = ZeroDivisionError("here")
        broken(gateway, error)
        (record,) = [record for record in caplog.records if record.name == "django.request"]
        assert record.levelno == logging.ERROR
        assert record.exc_info
        assert record.exc_info[1] is error
        assert "internal_error" in record.getMessage()

    def test_is_not_what_a_caller_did_wrong(self, gateway: Gateway):
        gateways.problem(broken(gateway, TooManyFieldsSent()), 400, "invalid")


class TestBodyOfUnknownLength:
    def test_is_refused_with_the_reason(self, gateway: Gateway):
        # Chunks come without a length, and Django then reads nothing.
        chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
        response = Client().post(
            "/internal/v1/holds",
            b"{}",
            content_type="application/json",
            headers={"Authorization": f"Bearer {gateway.secret}"},
            **chunked,
        )
        assert "Content-Length" in gateways.problem(response, 400, "invalid")["detail"]
