"""The welcome: promotional credit for a verified e-mail address, once for each person for life."""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import Customer, Membership, User
from billing import sql
from billing.errors import BillingError, NotFound, Refused
from billing.ledger.book import Book
from billing.models import LedgerAccount, LotKind, TransactionKind

REASON: Final = "welcome"
# Unique by person, by user and by customer; waits for who inserts the same right now.
INSERT: Final = """
    insert into welcome_grant (person, customer_id, user_id, amount_nanos, granted_at)
    values (%s, %s, %s, %s, %s)
        on conflict do nothing
"""
# One mailbox under two names, in which dots mean nothing.
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


class NotVerified(BillingError):
    code = "email_not_verified"
    http_status = 409


def grant(*, customer_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Welcome a user who owns this customer, and return whether there was anything to give.

    Raises `NotVerified`, `NotFound` for who is no owner of it, and `Refused` for a customer that is not
    active.
    """
    amount_nanos: int = settings.WELCOME_CREDIT_NANOS
    if amount_nanos == 0:
        return False

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        user = _owner(customer_id, user_id)
        if user.email_verified_at is None:
            raise NotVerified("the e-mail address is not verified")
        if not sql.run(INSERT, [person_of(user.email), customer_id, user_id, amount_nanos, now]):
            return False
        _credit(book, customer_id, amount_nanos)
    return True


def person_of(email: str) -> bytes:
    """A digest of the mailbox behind an address: letter case, tags and Gmail's dots make no other person."""
    name, _, domain = email.strip().lower().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in _GMAIL:
        name, domain = name.replace(".", ""), "gmail.com"
    return hashlib.sha256(f"{name}@{domain}".encode()).digest()


def _credit(book: Book, customer_id: UUID, amount_nanos: int) -> None:
    days: int = settings.WELCOME_CREDIT_EXPIRES_DAYS
    entry = book.entry(customer_id, TransactionKind.GRANT, effect_key=REASON, reason=REASON)
    book.credit(
        entry,
        amount_nanos,
        source=LedgerAccount.EXPENSE_PROMOTION,
        lot_kind=LotKind.PROMOTIONAL,
        expires_at=book.now + timedelta(days=days) if days else None,
    )
    book.save()


def _owner(customer_id: UUID, user_id: UUID) -> User:
    """What is read of the customer here is protected by the wallet's lock."""
    owned = Membership.objects.filter(customer_id=customer_id, user_id=user_id, role=Membership.Role.OWNER)
    membership = owned.select_related("user", "customer").first()
    if membership is None:
        raise NotFound("No such customer.")
    if membership.customer.state != Customer.State.ACTIVE:
        state = membership.customer.state
        raise Refused(f"this customer is {state} and is given nothing", code=f"customer_{state}")
    return membership.user
