"""Who belongs to a customer, in which role; at least one owner always stays."""

from datetime import datetime

from django.db import transaction

from accounts.errors import AlreadyMember, LastOwner, Unacceptable, UnknownMember
from accounts.models import Customer, Membership, User


def add(*, customer: Customer, user: User, role: str, now: datetime) -> Membership:
    role = _role(role)

    with transaction.atomic():
        lock(customer)
        if Membership.objects.filter(customer=customer, user=user).exists():
            raise AlreadyMember("This user is a member already.")
        return Membership.objects.create(customer=customer, user=user, role=role, created_at=now)


def change_role(*, customer: Customer, user: User, role: str) -> Membership:
    role = _role(role)

    with transaction.atomic():
        lock(customer)
        membership = _get(customer, user)
        if role != Membership.Role.OWNER:
            _guard_last_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove(*, customer: Customer, user: User) -> None:
    with transaction.atomic():
        lock(customer)
        membership = _get(customer, user)
        _guard_last_owner(membership)
        membership.delete()


def lock(customer: Customer) -> None:
    """Serialise changes of one customer's members: two owners who remove each other must not both succeed."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _get(customer: Customer, user: User) -> Membership:
    try:
        return Membership.objects.get(customer=customer, user=user)
    except Membership.DoesNotExist:
        raise UnknownMember("This user is not a member.") from None


def _guard_last_owner(membership: Membership) -> None:
    others = Membership.objects.filter(customer_id=membership.customer_id, role=Membership.Role.OWNER)
    if membership.role == Membership.Role.OWNER and not others.exclude(pk=membership.pk).exists():
        raise LastOwner("A customer needs at least one owner.")


def _role(role: str) -> str:
    if role not in Membership.Role.values:
        raise Unacceptable(f"A role is one of {', '.join(Membership.Role.values)}.", field="role")
    return role
