"""A customer's API keys: create, rename, rotate, restrict, limit, revoke.

Only rows of `api_key` change here; billing wraps what changes a published key state in the wallet's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import key_format
from accounts.errors import CustomerClosed, KeyNotActive, KeyReplaced, Unacceptable, UnknownKey
from accounts.models import ApiKey, Customer, LimitPeriod, User
from accounts.text import cleaned
from catalog.prices import find_model

LONGEST_OVERLAP = timedelta(days=30)
MOST_ALLOWED_MODELS = 100


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its secret, which exists nowhere else."""

    key: ApiKey
    secret: str = field(repr=False)


def get(*, customer: Customer, api_key_id: UUID) -> ApiKey:
    try:
        return ApiKey.objects.get(customer=customer, id=api_key_id)
    except ApiKey.DoesNotExist:
        raise UnknownKey("This customer has no such API key.") from None


def create(
    *,
    customer: Customer,
    name: str,
    now: datetime,
    created_by: User | None = None,
    expires_at: datetime | None = None,
    allowed_models: Sequence[str] = (),
) -> IssuedKey:
    _guard_open(customer)
    if expires_at is not None and expires_at <= now:
        raise Unacceptable("The expiry must lie in the future.", field="expires_at")
    slugs = _known_models(allowed_models)

    return _issue(
        ApiKey(
            customer=customer,
            name=cleaned(name, field="name", maximum=100),
            created_at=now,
            created_by=created_by,
            expires_at=expires_at,
            allowed_models=slugs,
        )
    )


def rename(*, customer: Customer, api_key_id: UUID, name: str) -> ApiKey:
    name = cleaned(name, field="name", maximum=100)

    with transaction.atomic():
        key = _lock(customer, api_key_id)
        key.name = name
        key.save(update_fields=["name"])
    return key


def restrict(*, customer: Customer, api_key_id: UUID, allowed_models: Sequence[str]) -> ApiKey:
    """Allow exactly these models; none named allows every model."""
    slugs = _known_models(allowed_models)

    with transaction.atomic():
        key = _lock(customer, api_key_id)
        key.allowed_models = slugs
        key.save(update_fields=["allowed_models"])
    return key


def rotate(
    *,
    customer: Customer,
    api_key_id: UUID,
    overlap: timedelta,
    now: datetime,
    created_by: User | None = None,
) -> IssuedKey:
    """Issue a successor that is live at once; the old key expires after `overlap`, or earlier if it was to.

    The successor keeps the name, the allowed models, the spending limit with what is spent of it, and the
    length of life: a key made for 90 days is followed by one of 90 days. A key has one successor at most.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Unacceptable("The overlap must be between 0 and 30 days.", field="overlap")

    with transaction.atomic():
        _guard_open(customer)
        old = _lock(customer, api_key_id)
        if ApiKey.objects.filter(rotated_from=old).exists():
            raise KeyReplaced("This API key has been rotated already.")
        if old.state_at(now) != "active":
            raise KeyNotActive("Only an active API key can be rotated.")

        issued = _issue(
            ApiKey(
                customer=customer,
                name=old.name,
                created_at=now,
                created_by=created_by,
                expires_at=None if old.expires_at is None else now + (old.expires_at - old.created_at),
                allowed_models=old.allowed_models,
                limit_nanos=old.limit_nanos,
                limit_period=old.limit_period,
                rotated_from=old,
                first_key_id=old.first_key_id,
            )
        )
        old.expires_at = now + overlap if old.expires_at is None else min(old.expires_at, now + overlap)
        old.save(update_fields=["expires_at"])
    return issued


def limit(
    *, customer: Customer, api_key_id: UUID, limit_nanos: int | None, period: LimitPeriod | None
) -> list[ApiKey]:
    """Limit what this key and those of its line spend together; None for both: no limit. Returns the line."""
    with transaction.atomic():
        first_id = _lock(customer, api_key_id).first_key_id
        line = ApiKey.objects.select_for_update(no_key=True).filter(customer=customer, first_key_id=first_id)
        keys = list(line.order_by("id"))
        for key in keys:
            key.limit_nanos, key.limit_period = limit_nanos, period
        ApiKey.objects.bulk_update(keys, ["limit_nanos", "limit_period"])
    return keys


def revoke(*, customer: Customer, api_key_id: UUID, now: datetime) -> ApiKey:
    """Revoke for good; a second call changes nothing, so the first moment stands."""
    with transaction.atomic():
        key = _lock(customer, api_key_id)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
    return key


def _lock(customer: Customer, api_key_id: UUID) -> ApiKey:
    # Not the plain FOR UPDATE: it would wait for, and block, every hold that refers to the key.
    try:
        return ApiKey.objects.select_for_update(no_key=True).get(customer=customer, id=api_key_id)
    except ApiKey.DoesNotExist:
        raise UnknownKey("This customer has no such API key.") from None


def _issue(key: ApiKey) -> IssuedKey:
    secret = key_format.generate(key_format.API_KEY)
    key.digest = key_format.digest_of(secret)
    key.prefix = key_format.prefix_of(secret)
    key.last4 = key_format.last4_of(secret)
    key.first_key_id = key.first_key_id or key.id
    key.save(force_insert=True)
    return IssuedKey(key, secret)


def _guard_open(customer: Customer) -> None:
    if customer.state == Customer.State.CLOSED:
        raise CustomerClosed("This customer is closed.")


def _known_models(slugs: Sequence[str]) -> list[str]:
    if len(slugs) > MOST_ALLOWED_MODELS:
        raise Unacceptable(f"At most {MOST_ALLOWED_MODELS} models can be named.", field="allowed_models")
    unknown = sorted({slug for slug in slugs if find_model(slug) is None})
    if unknown:
        raise Unacceptable(f"Unknown models: {', '.join(unknown)}.", field="allowed_models")
    return sorted(set(slugs))
