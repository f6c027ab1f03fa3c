"""Gateways' service tokens: issue, revoke, and recognise their secrets."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts import key_format
from accounts.errors import TooManyTokens, Unacceptable, UnknownToken
from accounts.models import Gateway, ServiceToken

MOST_LIVE = 2


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which exists nowhere else."""

    token: ServiceToken
    secret: str = field(repr=False)


def issue(
    *, gateway: str, scopes: Iterable[str], now: datetime, expires_at: datetime | None = None
) -> IssuedToken:
    """Issue a token; a gateway named for the first time is created. Two may be live at once, for rotation."""
    granted = _scopes(scopes)
    if expires_at is not None and expires_at <= now:
        raise Unacceptable("The expiry must lie in the future.", field="expires_at")
    secret = key_format.generate(key_format.SERVICE_TOKEN)

    with transaction.atomic():
        row = _lock_gateway(gateway, now)
        live = row.tokens.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)
        if live.count() >= MOST_LIVE:
            raise TooManyTokens(f"{row.name} has {MOST_LIVE} live tokens; revoke one first.")

        token = ServiceToken.objects.create(
            gateway=row,
            digest=key_format.digest_of(secret),
            prefix=key_format.prefix_of(secret),
            last4=key_format.last4_of(secret),
            scopes=granted,
            created_at=now,
            expires_at=expires_at,
        )
    return IssuedToken(token, secret)


def revoke(*, token_id: int, now: datetime) -> ServiceToken:
    """Revoke for good; a second call changes nothing, so the first moment stands."""
    with transaction.atomic():
        try:
            token = ServiceToken.objects.select_for_update(no_key=True).get(id=token_id)
        except ServiceToken.DoesNotExist:
            raise UnknownToken("No such service token.") from None
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
    return token


def find_live(*, secret: str, now: datetime) -> ServiceToken | None:
    """Return the live token of a secret, with its gateway; a malformed secret costs no query."""
    if not key_format.is_well_formed(secret, key_format.SERVICE_TOKEN):
        return None
    digest = key_format.digest_of(secret)
    token = ServiceToken.objects.select_related("gateway").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(bytes(token.digest), digest):
        return None
    return token if token.state_at(now) == "active" else None


def _lock_gateway(name: str, now: datetime) -> Gateway:
    candidate = Gateway(name=name, created_at=now)
    try:
        candidate.clean_fields()
    except ValidationError as error:
        raise Unacceptable(" ".join(error.messages), field="gateway") from None
    Gateway.objects.bulk_create([candidate], ignore_conflicts=True)
    return Gateway.objects.select_for_update(no_key=True).get(name=name)


def _scopes(scopes: Iterable[str]) -> list[str]:
    granted = sorted(set(scopes))
    unknown = [scope for scope in granted if scope not in ServiceToken.Scope.values]
    if unknown or not granted:
        raise Unacceptable(f"Scopes are {', '.join(ServiceToken.Scope.values)}.", field="scopes")
    return granted
