"""The WSGI application bears any charset and any cookie; Django's test client does not pass it."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from accounts.api import authentication
from config.edge import Edge
from config.wsgi import application
from tests import gateways

CHARSETS = [
    "charset*=utf-8''%00",
    "charset*=nope''%41",
    "boundary*=nope''%41",
    "charset=hex",
    "charset=undefined",
    'charset="\0"',
    "charset=idna",
    "a=b; CHARSET=rot13",
    "*\0;*0;a*0*",
]
ADDRESSES = [
    "/healthz?a=1",
    "/nothing?a=1",
    "/admin/login/?a=1",
    "/internal/v1/schema?a=1",
    "/internal/v1/requests/1?a=1",
    "/internal/v1/prices?a=1",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the test's connection, and with it the transaction that is rolled back."""
    authentication.forget()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def call(method: str, address: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    path, query = urlsplit(address).path, urlsplit(address).query
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "https",
        **headers,
    }
    answered: list[str] = []

    def start(status: str, *_: Any) -> Any:
        answered.append(status)

    content = b"".join(application(environ, start))
    return int(answered[0].split()[0]), content


class TestCharset:
    @pytest.mark.parametrize("charset", CHARSETS)
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_never_breaks_an_address(self, address: str, charset: str):
        expected, _ = call("GET", address)
        status, _ = call("GET", address, CONTENT_TYPE=f"text/plain; {charset}")
        assert status == expected < 500

    @pytest.mark.parametrize("charset", CHARSETS)
    @pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_never_breaks_a_form(self, media_type: str, charset: str):
        content_type = f"{media_type}; boundary=b; {charset}"
        status, _ = call("POST", "/admin/login/", b"username=a&password=b", CONTENT_TYPE=content_type)
        assert 400 <= status < 500

    @pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF8"', "; charset=hex"])
    def test_is_utf_8_for_gateways(self, charset: str):
        token = gateways.gateway()
        status, content = call(
            "POST",
            "/internal/v1/holds",
            b"{}",
            CONTENT_TYPE=f"application/json{charset}",
            HTTP_AUTHORIZATION=f"Bearer {token.secret}",
        )
        assert status == 422, content


class TestCookies:
    @pytest.mark.parametrize(
        "session", [r'"\000aaaaaaaa"', "\0aaaaaaaa", r'"aaaaaaa\037"', "a\taaaaaaa", r'"aaaaaaa\177"']
    )
    def test_with_control_characters_are_dropped(self, session: str):
        status, _ = call("GET", "/admin/", HTTP_COOKIE=f"a=b; sessionid={session}; c=d")
        assert status == 302


class TestFailure:
    def test_is_logged_by_us_and_answered(self, caplog: pytest.LogCaptureFixture):
        def fail(_environ: WSGIEnvironment, _start_response: StartResponse) -> list[bytes]:
            raise ValueError("outside of Django")

        statuses: list[str] = []

        def start_response(status: str, *_more: object) -> Callable[[bytes], object]:
            statuses.append(status)
            return lambda _body: None

        body = b"".join(Edge(fail)({}, start_response))

        assert statuses == ["500 Internal Server Error"]
        assert b"outside" not in body
        assert "request not answered" in caplog.text
