"""The short way of gateways' requests from the web server to the middleware."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished
from django.db import DEFAULT_DB_ALIAS, connections

PREFIX: Final = "/internal/v1/"


class ShortWay:
    """Serves what is below `PREFIX` without Django's signals, whose receivers look after connections.

    Placing a hold takes none that would have to be looked after. A list is sent as it is, in one piece: of
    anything else the web server asks part after part, each time waiting for its turn to run Python.
    """

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._django(environ, start_response)

        try:
            request = WSGIRequest(environ)
            response = self._django.get_response(request)
            start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
            return [b"".join(response)]
        finally:
            if connections[DEFAULT_DB_ALIAS].connection is not None:
                request_finished.send(sender=WSGIHandler)
