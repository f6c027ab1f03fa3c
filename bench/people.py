"""The bench's customers: each with a wallet, a key and $1000, made in bulk through the ledger's own book."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiKey, Customer, ServiceToken
from accounts.services import service_tokens
from billing.ledger.book import Book
from billing.models import LedgerAccount, LotKind, TransactionKind, Wallet

CREDIT_NANOS = 1_000 * 10**9
BATCH = 1_000
GATEWAY = "bench"


def main(count: str) -> None:
    sign_up(int(count), credit_nanos=CREDIT_NANOS)


def sign_up(count: int, *, credit_nanos: int) -> list[UUID]:
    """Make customers with credit and return their ids."""
    now = timezone.now()
    customers: list[UUID] = []
    for start in range(0, count, BATCH):
        batch = [
            Customer(id=uuid7(), name="Bench", created_at=now)
            for _ in range(start, min(start + BATCH, count))
        ]
        with transaction.atomic():
            Customer.objects.bulk_create(batch)
            ApiKey.objects.bulk_create([_key(customer, now) for customer in batch])
            Wallet.objects.bulk_create([Wallet(customer=customer, opened_at=now) for customer in batch])
            _grant([customer.id for customer in batch], credit_nanos, now=now)
        customers += [customer.id for customer in batch]
    return customers


def service_token() -> str:
    """The secret of a gateway's token that may do what gateways do every day."""
    scopes = [ServiceToken.Scope.HOLDS, ServiceToken.Scope.USAGE, ServiceToken.Scope.KEYS_READ]
    return service_tokens.issue(gateway=GATEWAY, scopes=scopes, now=timezone.now()).secret


def _key(customer: Customer, now: datetime) -> ApiKey:
    digest = hashlib.sha256(customer.id.bytes).digest()
    key = ApiKey(
        customer=customer, name="Bench", digest=digest, prefix="sk-am-bench", last4="key.", created_at=now
    )
    key.first_key = key
    return key


def _grant(customer_ids: Sequence[UUID], credit_nanos: int, *, now: datetime) -> None:
    book = Book.lock(customer_ids, now=now)
    for customer_id in customer_ids:
        entry = book.entry(
            customer_id, TransactionKind.GRANT, effect_key="grant:bench", reason="for the bench"
        )
        book.credit(entry, credit_nanos, source=LedgerAccount.EXPENSE_PROMOTION, lot_kind=LotKind.PROMOTIONAL)
    book.save()
