"""Each HTTP request gets an id, one line in the log, and its place in the metrics."""

import logging
import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from uuid_utils import uuid4

from config import metrics
from config.logs import RequestLine

HEADER: Final = "X-Request-Id"
UNKNOWN: Final = "unknown"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# No other text of a caller's choice stands in a line: it could be anything, also a secret.
_WELL_FORMED: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)

_log = logging.getLogger("requests")


class Observed:
    """Middleware, the outermost: what is inside it is timed and counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began_at = time.perf_counter()
        http_request_id = begin(request.META.get("HTTP_X_REQUEST_ID"))

        response = self._get_response(request)

        response[HEADER] = http_request_id
        match = request.resolver_match
        end(
            method=request.method or "",
            route=match.route if match else UNKNOWN,
            status=response.status_code,
            seconds=time.perf_counter() - began_at,
            code=getattr(response, "problem_code", None),
        )
        return response


def begin(given: str | None) -> str:
    """Return the request's id, the caller's own if it is a UUID, and put it into all lines until `end`."""
    http_request_id = given if given and _WELL_FORMED.fullmatch(given) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(http_request_id=http_request_id)
    return http_request_id


def end(*, method: str, route: str, status: int, seconds: float, code: str | None) -> None:
    """Count a request and log it; `code` is that of its problem document."""
    method = method if method in METHODS else "OTHER"
    metrics.count_request(route=route, method=method, status=status, seconds=seconds, code=code)

    level = logging.ERROR if status >= 500 else logging.INFO
    if not _log.isEnabledFor(level) or (status < 400 and settings.LOG_REQUESTS == "problems"):
        return
    context = structlog.contextvars.get_contextvars()
    line = RequestLine(
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
        http_request_id=context.get("http_request_id", ""),
        gateway=context.get("gateway"),
        code=code,
    )
    # Logger.info would look for the line of code that calls it, which costs as much as all the rest.
    _log.handle(logging.LogRecord(_log.name, level, "", 0, line, None, None))
