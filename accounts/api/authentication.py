"""Authenticates gateways by service token and checks the scope that a view requires."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.api.callers import Caller, RecentCallers

# At run time the views import this module, by way of DRF's settings.
if TYPE_CHECKING:
    from rest_framework.views import APIView

__all__ = [
    "Caller",
    "HasScope",
    "MissingScope",
    "ServiceTokenAuthentication",
    "Unauthenticated",
    "authenticate_header",
    "forget",
    "require_scope",
]

_recent = RecentCallers()


class Unauthenticated(AuthenticationFailed):
    code = default_code = "service_token"
    http_status = 401
    default_detail = "A valid service token is needed: Authorization: Bearer st-am-…"
    auth_header = "Bearer"


class MissingScope(PermissionDenied):
    code = default_code = "missing_scope"
    http_status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(f"This service token lacks the scope {scope}.")
        self.scope = scope


def authenticate_header(header: str | None) -> Caller:
    """Return who sent this Authorization header; a revoked token is refused within 5 seconds."""
    scheme, _, secret = (header or "").partition(" ")
    caller = _recent.identify(secret.strip(" "), now=timezone.now()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise Unauthenticated
    return caller


def require_scope(caller: Caller, scope: str) -> None:
    if scope not in caller.scopes:
        raise MissingScope(scope)


def forget() -> None:
    """Drop every remembered caller of this process."""
    _recent.forget()


class ServiceTokenAuthentication(BaseAuthentication):
    """Sets `request.auth` to the `Caller`; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        return None, authenticate_header(request.META.get("HTTP_AUTHORIZATION"))

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 (DRF's signature)
        return Unauthenticated.auth_header


class HasScope(BasePermission):
    """Reads `view.required_scopes`: a scope, or a mapping from method to scope; a view without is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        required: str | Mapping[str, str] | None = getattr(view, "required_scopes", None)
        method = request.method or ""
        # DRF answers a method without handler itself (405), and OPTIONS says nothing a token may not know.
        if method == "OPTIONS" or method not in view.allowed_methods:
            return True
        if isinstance(required, Mapping):
            required = required.get(method, required.get("GET") if method == "HEAD" else None)
        if required is None:
            return False

        if not isinstance(request.auth, Caller):
            raise Unauthenticated
        require_scope(request.auth, required)
        return True
