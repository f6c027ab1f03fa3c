"""Who acts in the admin site, as the operators' log names it."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import models
from django.http import HttpRequest

from accounts.models import Action, Customer, User
from accounts.services import operator_log
from accounts.services.operator_log import Operator


def operator_of(request: HttpRequest) -> Operator:
    """The person who is signed in; raises where nobody is, because only a failed sign-in has no person."""
    user = request.user
    assert isinstance(user, User), "an operator is signed in"
    return Operator(user.email, user_id=user.pk, ip=ip_of(request), http_request_id=http_request_id())


def ip_of(request: HttpRequest) -> str | None:
    """The address that the connection came from; behind a proxy that is the proxy's."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def http_request_id() -> str:
    """What this request's log lines carry as `http_request_id`; a caller may choose it, so it is cleaned."""
    text = str(structlog.contextvars.get_contextvars().get("http_request_id", ""))
    return "".join(character for character in text if character.isascii() and character.isprintable())


def record(
    request: HttpRequest,
    action: Action,
    on: models.Model,
    *,
    now: datetime,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what the signed-in operator does to `on`, in the transaction that is open."""
    operator_log.record(
        by=operator_of(request),
        action=action,
        now=now,
        on=on,
        customer_id=_customer_of(on),
        reason=reason,
        detail=detail,
    )


def _customer_of(on: models.Model) -> UUID | None:
    found = on.pk if isinstance(on, Customer) else getattr(on, "customer_id", None)
    return found if isinstance(found, UUID) else None
