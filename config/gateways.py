"""The short way for gateways: their API needs no session, no cookie, no form and no static file."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

from billing.api import internal

PREFIX = "/internal/v1/"


class GatewaysFirst:
    """Calls the views below `PREFIX` at once; all other addresses go through the middleware for people.

    Most views answer with problem documents themselves; what any of them still raises becomes one here,
    because Django would answer in HTML.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)

        try:
            response = _answer(request)
        except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
            response = internal.refusal(request, error)
        return response


def _answer(request: HttpRequest) -> HttpResponseBase:
    request.resolver_match = resolve(request.path_info)
    view, args, kwargs = request.resolver_match
    response: HttpResponseBase = view(request, *args, **kwargs)
    if hasattr(response, "render"):
        response = response.render()
    return response
