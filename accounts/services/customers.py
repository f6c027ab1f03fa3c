"""Customers: sign up, freeze, unfreeze, close.

Only rows of this app change here; billing opens the wallet, and takes its lock for a change of state.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.errors import CustomerClosed, EmailTaken, NotFound, Unacceptable
from accounts.models import Customer, Membership, User
from accounts.text import cleaned

LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class SignedUp:
    user: User
    customer: Customer


def sign_up(*, email: str, name: str, now: datetime, password: str | None = None) -> SignedUp:
    """Create a user and a customer that this user owns; without a password nobody can sign in yet."""
    email = _email(email)
    user = User(email=email, created_at=now)
    user.set_password(password)

    with transaction.atomic():
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            if not User.objects.filter(email=email).exists():
                raise
            raise EmailTaken("A user with this e-mail address exists.") from error
        customer = open_account(owner=user, name=name, now=now)
    return SignedUp(user, customer)


def open_account(*, owner: User, name: str, now: datetime) -> Customer:
    """Create one more customer for a user who exists."""
    name = cleaned(name, field="name", maximum=150)

    with transaction.atomic():
        customer = Customer.objects.create(name=name, created_at=now, state_changed_at=now)
        Membership.objects.create(customer=customer, user=owner, role=Membership.Role.OWNER, created_at=now)
    return customer


def verify_email(*, email: str, now: datetime) -> bool:
    """Remember that this user owns the address, and return whether that is new; raises `NotFound`."""
    users = User.objects.filter(email=_email(email))
    if users.filter(email_verified_at=None).update(email_verified_at=now):
        return True

    if not users.exists():
        raise NotFound("No user has this e-mail address.")
    return False


def freeze(*, customer_id: UUID, reason: str, now: datetime, instead_of: str | None = None) -> Customer:
    """Refuse new holds and payments; a customer who is frozen already keeps the first reason.

    A reason that begins with `instead_of` gives way to the new one.
    """
    reason = cleaned(reason, field="reason", maximum=300)

    with transaction.atomic():
        customer = _lock_open(customer_id)
        gives_way = instead_of is not None and customer.state_reason.startswith(instead_of)
        if customer.state == Customer.State.ACTIVE or gives_way:
            _move(customer, Customer.State.FROZEN, reason, now)
    return customer


def unfreeze(*, customer_id: UUID, reason: str, now: datetime) -> Customer:
    """Make a frozen customer active again; an active one stays as it is."""
    reason = cleaned(reason, field="reason", maximum=300)

    with transaction.atomic():
        customer = _lock_open(customer_id)
        if customer.state == Customer.State.FROZEN:
            _move(customer, Customer.State.ACTIVE, reason, now)
    return customer


def close(*, customer_id: UUID, reason: str, now: datetime) -> Customer:
    """Close for good; a second call changes nothing."""
    reason = cleaned(reason, field="reason", maximum=300)

    with transaction.atomic():
        customer = _lock(customer_id)
        if customer.state != Customer.State.CLOSED:
            _move(customer, Customer.State.CLOSED, reason, now)
    return customer


def _lock(customer_id: UUID) -> Customer:
    # Not the plain FOR UPDATE: it would wait for, and block, every new row that refers to the customer.
    try:
        return Customer.objects.select_for_update(no_key=True).get(id=customer_id)
    except Customer.DoesNotExist:
        raise NotFound("No such customer.") from None


def _lock_open(customer_id: UUID) -> Customer:
    customer = _lock(customer_id)
    if customer.state == Customer.State.CLOSED:
        raise CustomerClosed("This customer is closed.")
    return customer


def _move(customer: Customer, state: Customer.State, reason: str, now: datetime) -> None:
    customer.state = state
    customer.state_reason = reason
    customer.state_changed_at = now
    customer.save(update_fields=["state", "state_reason", "state_changed_at"])


def _email(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Unacceptable("This is not an e-mail address.", field="email") from None
    if len(email) > LONGEST_EMAIL:
        raise Unacceptable(f"This must have at most {LONGEST_EMAIL} characters.", field="email")
    return email
