"""Problem documents (RFC 9457): how every refusal looks on the wire, whichever app raised it.

`type` is about:blank and `title` the status's own phrase: a caller decides by `code`, which is stable.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from psycopg import errors
from psycopg_pool import PoolTimeout
from rest_framework import exceptions

from billing import money

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
# A database that is away, busy beyond its timeouts, or chose us as a deadlock's victim.
UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeout)
# The driver takes these for mistakes of the program: a failover that left us with a server that only reads,
# and a transaction that our own host let lie.
_UNAVAILABLE_TOO: Final = (errors.ReadOnlySqlTransaction, errors.IdleInTransactionSessionTimeout)


@dataclass(frozen=True, slots=True)
class Problem:
    """`members` named `*_nanos` are shown as decimal strings, without that ending."""

    status: int
    code: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        shown = [_shown(name, value) for name, value in self.members.items() if value is not None]
        return json.dumps(document | dict(shown), separators=(",", ":")).encode()


class ProblemResponse(HttpResponse):
    """Says its code also to who never reads the document, such as the log."""

    problem_code: str


NOT_FOUND: Final = Problem(404, "not_found", "Nothing is here.")
OUR_MISTAKE: Final = Problem(500, "internal_error", "Something is wrong with this service.")


def of(error: Exception) -> Problem | None:
    """The problem that an error means to a caller; None where it is our own mistake.

    Every app's errors carry `code` and `http_status`; this layer may not import those of the layers above.
    """
    if isinstance(error, UNAVAILABLE) or isinstance(error.__cause__, _UNAVAILABLE_TOO):
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return Problem(503, "unavailable", "The service cannot decide right now; try again.", headers=headers)
    if hasattr(error, "code") and hasattr(error, "http_status"):
        return _of_ours(error)
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return NOT_FOUND if isinstance(error, Http404) else None


def method_not_allowed(allowed: Iterable[str]) -> Problem:
    methods = ", ".join(allowed)
    detail = f"This address answers {methods} only."
    return Problem(405, "method_not_allowed", detail, headers={"Allow": methods})


def answer(problem: Problem, **members: Any) -> HttpResponse:
    """The problem as a response; `members` are added to it, and do not replace its own."""
    if members:
        problem = Problem(
            problem.status, problem.code, problem.detail, members | dict(problem.members), problem.headers
        )
    response = ProblemResponse(
        problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers)
    )
    response.problem_code = problem.code
    return response


def exception_handler(error: Exception, _context: Mapping[str, Any]) -> HttpResponse | None:
    """What DRF calls for an exception in one of its views."""
    problem = of(error)
    return answer(problem) if problem else None


def _of_ours(error: Any) -> Problem:
    members = dict(getattr(error, "extra", {}))
    headers = {}
    if error.http_status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.http_status == 402:
        members["top_up_url"] = f"{settings.PUBLIC_URL}/dashboard/top-up/"
    return Problem(error.http_status, error.code, str(getattr(error, "detail", error)), members, headers)


def _of_framework(error: exceptions.APIException) -> Problem:
    wait_s = getattr(error, "wait", None)
    headers = {"Retry-After": str(wait_s)} if wait_s is not None else {}
    code = "invalid" if isinstance(error, exceptions.ParseError) else error.default_code
    return Problem(error.status_code, code, str(error.detail), headers=headers)


def _of_validation(error: exceptions.ValidationError) -> Problem:
    """The first thing that a serializer complained about, under its dotted name."""
    names: list[str] = []
    detail: Any = error.detail
    while isinstance(detail, dict | list) and detail:
        if isinstance(detail, list):
            detail = next(item for item in detail if item)
        else:
            name, detail = next(iter(detail.items()))
            names.append(str(name))
    named = {"field": ".".join(names)} if names and names != ["non_field_errors"] else {}
    return Problem(422, "invalid", str(detail or "is not acceptable"), named)


def _shown(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith("_nanos"):
        return name.removesuffix("_nanos"), money.format_usd(value)
    if isinstance(value, datetime):
        return name, value.isoformat()
    if isinstance(value, UUID):
        return name, str(value)
    return name, value
