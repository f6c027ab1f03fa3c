"""The base of the endpoints for gateways: authentication, scope, a handler, and problem documents.

DRF's own dispatch wraps the request and negotiates a format for every call, which costs as much as placing a
hold; here it only describes the endpoints to drf-spectacular.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from accounts.api.authentication import Caller, MissingScope, authenticate_header
from billing.api import problems
from billing.api.problems import Problem
from billing.api.strict import Malformed

MALFORMED: Final = Problem(400, "invalid", "The request is malformed.")

# `json.dumps` makes an encoder for each call that wants no spaces.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class InternalView(APIView):
    """Calls the method's handler as `handler(request, caller, **path)`; what it raises becomes a problem.

    `required_scopes`: method to scopes of which the token needs one. A handler sets `request_id` as soon as
    it knows it, so that problems name it.
    """

    required_scopes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    request_id: UUID | None = None

    def dispatch(self, request: HttpRequest, *_args: Any, **path: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in self.required_scopes:
            return problems.answer(problems.method_not_allowed(self.required_scopes))

        try:
            caller = _caller(request, self.required_scopes[method])
            _require_length(request)
            response: HttpResponse = getattr(self, method.lower())(request, caller, **path)
        except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
            response = refusal(request, error, self.request_id)
        return response


@csrf_exempt
def unknown_path(_request: HttpRequest, **_path: str) -> HttpResponse:
    """Whatever no other address matches; it tells nothing, so that it asks for no token."""
    return problems.answer(problems.NOT_FOUND)


def _caller(request: HttpRequest, scopes: tuple[str, ...]) -> Caller:
    caller = authenticate_header(request.META.get("HTTP_AUTHORIZATION"))
    bind_contextvars(gateway=caller.gateway)
    if caller.scopes.isdisjoint(scopes):
        raise MissingScope(" or ".join(scopes))
    return caller


def _require_length(request: HttpRequest) -> None:
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise Malformed("the body comes in chunks of unknown length; send Content-Length instead")


def refusal(request: HttpRequest, error: Exception, request_id: UUID | None = None) -> HttpResponse:
    """The problem document for what a view raised; our own mistakes are logged with their traceback."""
    if problem := problems.of(error):
        return problems.answer(problem, request_id=request_id)
    if isinstance(error, SuspiciousOperation | BadRequest):
        return problems.answer(MALFORMED, request_id=request_id)

    response = problems.answer(problems.OUR_MISTAKE, request_id=request_id)
    got_request_exception.send(sender=None, request=request)
    message = f"{problems.OUR_MISTAKE.code}: %s"
    log_response(message, request.path, response=response, request=request, exception=error)
    return response


def answer(content: Mapping[str, Any], status: int = 200) -> HttpResponse:
    # Of text Django would look the charset up in the content type.
    return HttpResponse(_encode(content).encode(), status=status, content_type="application/json")
