"""What must be cleared away before Django sees a request, because Django fails on it with a 500."""

import re
from collections.abc import Callable, Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from django.utils.http import parse_header_parameters

log = structlog.get_logger()

UTF_8: Final = frozenset({"utf-8", "utf8"})
# A quoted cookie may also give them as octal numbers: "\000".
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]|\\(?:0[0-3][0-7]|177)")


class Edge:
    """Serves `application` without the charsets and cookies that it could not bear; nothing is raised."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _clear(environ, "CONTENT_TYPE", _bearable_type)
        _clear(environ, "HTTP_COOKIE", _bearable_cookies)
        try:
            return self._application(environ, start_response)
        except Exception:
            log.exception("request not answered")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"Something is wrong with this service.\n"]


def _clear(environ: WSGIEnvironment, name: str, bearable: Callable[[str], str]) -> None:
    if header := environ.get(name):
        environ[name] = bearable(header)


def _bearable_type(header: str) -> str:
    """The bare type where another charset than UTF-8, or an undecodable parameter, goes with it."""
    if ";" not in header:
        return header
    try:
        _, parameters = parse_header_parameters(header)
    except (ValueError, LookupError, TypeError):
        is_bearable = False
    else:
        is_bearable = parameters.get("charset", "utf-8").lower() in UTF_8
    return header if is_bearable else header.partition(";")[0]


def _bearable_cookies(header: str) -> str:
    if not _CONTROL.search(header):
        return header
    return ";".join(cookie for cookie in header.split(";") if not _CONTROL.search(cookie))
