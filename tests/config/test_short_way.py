"""The way of gateways' requests past Django's signals."""

from collections.abc import Iterable
from io import BytesIO

import pytest
from django.db import connection

from accounts.api import authentication
from config.wsgi import application
from tests import gateways


def prices(secret: str = "") -> tuple[str, Iterable[bytes]]:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/internal/v1/prices",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }
    answered: list[str] = []
    content = application(environ, lambda status, *_: answered.append(status) or len)  # type: ignore[func-returns-value]
    return answered[0], content


class TestShortWay:
    def test_answers_in_one_piece(self):
        status, content = prices()
        assert status == "401 Unauthorized"
        assert isinstance(content, list)
        assert len(content) == 1

    @pytest.mark.usefixtures("committed_db")
    def test_gives_the_connection_back_that_looked_the_token_up(self):
        secret = gateways.gateway().secret
        authentication.forget()
        assert connection.connection is not None

        status, _ = prices(secret)

        assert status == "200 OK"
        assert connection.connection is None
