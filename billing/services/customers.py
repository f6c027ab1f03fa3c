"""Signing a customer up, and the states that stop its requests."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Customer, Membership, User
from accounts.services import customers
from accounts.services.api_keys import IssuedKey
from billing.services import keys, wallets, welcome

FIRST_KEY = "First key"
# How the reason begins where a payment froze a customer: it may end with the payment's trouble.
PAYMENT_AT_RISK = "payment at risk: "


@dataclass(frozen=True, slots=True)
class SignedUp:
    user: User
    customer: Customer
    first_key: IssuedKey


@dataclass(frozen=True, slots=True)
class Verified:
    """`is_new`: the address was not verified before. `welcomed`: who was given the welcome for it."""

    user: User
    is_new: bool
    welcomed: Customer | None


def sign_up(*, email: str, name: str, now: datetime, password: str | None = None) -> SignedUp:
    """Create a user, the customer that the user owns, its wallet and its first key, all or nothing."""
    with transaction.atomic():
        new = customers.sign_up(email=email, name=name, now=now, password=password)
        wallets.open_wallet(customer_id=new.customer.id, now=now)
        first_key = keys.create(customer=new.customer, name=FIRST_KEY, now=now, created_by=new.user)
    return SignedUp(new.user, new.customer, first_key)


def verify_email(*, email: str, now: datetime) -> Verified:
    """Remember that the user owns the address, and welcome the first active customer that the user owns.

    Called again, it gives a welcome that was not there to give before, and never a second one.
    """
    with transaction.atomic():
        is_new = customers.verify_email(email=email, now=now)
        user = User.objects.get(email=email.strip().lower())
        owned = Customer.objects.filter(
            memberships__user=user,
            memberships__role=Membership.Role.OWNER,
            state=Customer.State.ACTIVE,
        )
        first = owned.order_by("id").first()
        is_welcomed = first is not None and welcome.grant(customer_id=first.id, user_id=user.id, now=now)
    return Verified(user, is_new, first if is_welcomed else None)


def freeze(*, customer_id: UUID, reason: str, now: datetime) -> Customer:
    """Refuse new holds; running holds settle.

    An operator's reason takes the place of a payment's, so that the freeze outlasts the payment's trouble.
    """
    with keys.changing(customer_id, now=now):
        return customers.freeze(customer_id=customer_id, reason=reason, now=now, instead_of=PAYMENT_AT_RISK)


def unfreeze(*, customer_id: UUID, reason: str, now: datetime) -> Customer:
    with keys.changing(customer_id, now=now):
        return customers.unfreeze(customer_id=customer_id, reason=reason, now=now)


def close(*, customer_id: UUID, reason: str, now: datetime) -> Customer:
    """Close for good; running holds settle."""
    with keys.changing(customer_id, now=now):
        return customers.close(customer_id=customer_id, reason=reason, now=now)
