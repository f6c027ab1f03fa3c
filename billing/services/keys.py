"""Changes of what a key may do: under the wallet's lock, and published with a higher version.

A hold that is placed at the same moment comes before the change or after it, never in between.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import ApiKey, Customer, User
from accounts.services import api_keys
from accounts.services.api_keys import IssuedKey
from billing.ledger.book import Book


@contextmanager
def changing(customer_id: UUID, *, now: datetime) -> Iterator[None]:
    """Run a change of key or customer under the wallet's lock, then publish the customer's key states."""
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        book.touch_keys(customer_id)
        yield
        book.save()


def create(
    *,
    customer: Customer,
    name: str,
    now: datetime,
    created_by: User | None = None,
    expires_at: datetime | None = None,
    allowed_models: Sequence[str] = (),
) -> IssuedKey:
    """Issue a key; its secret is in the answer and nowhere else."""
    with changing(customer.id, now=now):
        return api_keys.create(
            customer=customer,
            name=name,
            now=now,
            created_by=created_by,
            expires_at=expires_at,
            allowed_models=allowed_models,
        )


def rotate(
    *, customer: Customer, api_key_id: UUID, overlap: timedelta, now: datetime, created_by: User | None = None
) -> IssuedKey:
    """Issue a successor; the old key works for `overlap` longer."""
    with changing(customer.id, now=now):
        return api_keys.rotate(
            customer=customer, api_key_id=api_key_id, overlap=overlap, now=now, created_by=created_by
        )


def restrict(*, customer: Customer, api_key_id: UUID, allowed_models: Sequence[str], now: datetime) -> ApiKey:
    """Allow exactly these models."""
    with changing(customer.id, now=now):
        return api_keys.restrict(customer=customer, api_key_id=api_key_id, allowed_models=allowed_models)


def revoke(*, customer: Customer, api_key_id: UUID, now: datetime) -> ApiKey:
    """Revoke for good: no hold is placed with the key once this returned; running ones settle."""
    with changing(customer.id, now=now):
        return api_keys.revoke(customer=customer, api_key_id=api_key_id, now=now)
