"""Gateways go past what is for people: their API needs no session, no cookie, no form and no static file."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, resolve

from billing.api import internal
from config.short_way import PREFIX


class GatewaysFirst:
    """Calls the views below `PREFIX` at once; all other addresses go through the middleware for people.

    Most views answer with problem documents themselves; what any of them still raises becomes one here,
    because Django would answer in HTML.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._matches: dict[str, ResolverMatch] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)

        try:
            response = self._answer(request)
        except Exception as error:  # noqa: BLE001 - what is not a refusal is logged there.
            response = internal.refusal(request, error)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        match = request.resolver_match = self._match(request.path_info)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if hasattr(response, "render"):
            response = response.render()
        return response

    def _match(self, path: str) -> ResolverMatch:
        """Django tries one pattern after another; an address without variables need be found once only."""
        match = self._matches.get(path)
        if match is None:
            match = resolve(path)
            # Any number of addresses is unknown, or names a request.
            if match.func is not internal.unknown_path and not match.kwargs and not match.args:
                self._matches[path] = match
        return match
