"""Who calls the customers' API: an API key, which reads its customer's own, or a person who has signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from accounts import key_format
from accounts.errors import AccountsError, NotFound, Unacceptable
from accounts.models import ApiKey, Membership, User

# Who may spend a customer's money on credit.
PAYING_ROLES: Final = frozenset({Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.BILLING})


class Unrecognised(AccountsError):
    code = "unauthenticated"
    http_status = 401


class KeyMayOnlyRead(AccountsError):
    code = "key_may_only_read"
    http_status = 403


class RoleNotAllowed(AccountsError):
    code = "role_not_allowed"
    http_status = 403


class CsrfFailed(AccountsError):
    code = "csrf_failed"
    http_status = 403


@dataclass(frozen=True, slots=True)
class CustomerCaller:
    """On whose behalf a request is made; `user` is None for an API key."""

    customer_id: UUID
    user: User | None
    role: str = ""


def identify(request: HttpRequest, *, customer: UUID | None, now: datetime) -> CustomerCaller:
    """Return who calls; a key in the header counts alone, whoever has signed in beside it.

    `customer` is whom a person with several customers means. Raises `Unrecognised`, `NotFound` where that
    is somebody else's, and `Unacceptable` where it has to be named.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is not None:
        return _by_key(header, customer, now)
    if isinstance(request.user, User) and request.user.is_active:
        return _by_session(request.user, customer)
    raise Unrecognised("An API key is needed (Authorization: Bearer sk-am-…), or sign in.")


def require_payer(request: HttpRequest, caller: CustomerCaller) -> User:
    """Return the person who may buy; a session's request must come from our own pages."""
    if caller.user is None:
        raise KeyMayOnlyRead("API keys may only read; sign in to buy credit.")
    if caller.role not in PAYING_ROLES:
        raise RoleNotAllowed(f"Your role, {caller.role}, may not buy credit for this customer.")
    check = CSRFCheck(_nothing)
    check.process_request(request)
    if reason := check.process_view(request, _nothing, (), {}):
        raise CsrfFailed(str(reason))
    return caller.user


def _by_key(header: str, customer: UUID | None, now: datetime) -> CustomerCaller:
    scheme, _, secret = header.partition(" ")
    secret = secret.strip(" ")
    # A typo is told by its checksum, without a look-up.
    if scheme.lower() != "bearer" or not key_format.is_well_formed(secret):
        raise Unrecognised("This is not an API key: Authorization: Bearer sk-am-…")
    key = ApiKey.objects.filter(digest=key_format.digest_of(secret)).first()
    if key is None or key.state_at(now) != "active":
        raise Unrecognised("This API key is unknown, revoked or expired.")
    if customer not in {None, key.customer_id}:
        raise NotFound("No such customer.")
    return CustomerCaller(key.customer_id, None)


def _by_session(user: User, customer: UUID | None) -> CustomerCaller:
    memberships = Membership.objects.filter(user=user)
    if customer is not None:
        memberships = memberships.filter(customer_id=customer)
    found = list(memberships.values_list("customer_id", "role")[:2])
    if not found:
        raise NotFound("No such customer.")
    if len(found) > 1:
        raise Unacceptable("You belong to several customers: name one.", field="customer")
    return CustomerCaller(found[0][0], user, found[0][1])


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class CustomerAuthentication(BaseAuthentication):
    """Names the two ways for the OpenAPI document; the views identify their callers themselves."""

    def authenticate(self, request: Request) -> None:  # noqa: ARG002 (DRF's signature)
        return None
