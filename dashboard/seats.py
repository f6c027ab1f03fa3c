"""Who looks at a page, and for which customer."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest

from accounts.api.customer_callers import PAYING_ROLES
from accounts.models import Customer, Membership, User

CHOSEN: Final = "customer_id"


@dataclass(frozen=True, slots=True)
class Seat:
    """A user at one of the customers that it belongs to; `memberships` are all of them."""

    user: User
    membership: Membership
    memberships: tuple[Membership, ...]

    @property
    def customer(self) -> Customer:
        return self.membership.customer

    @property
    def customer_id(self) -> UUID:
        return self.membership.customer_id

    @property
    def customer_ids(self) -> list[UUID]:
        return [each.customer_id for each in self.memberships]

    @property
    def may_pay(self) -> bool:
        return self.membership.role in PAYING_ROLES

    def at(self, customer_id: UUID) -> "Seat":
        """The same user at another of its customers; raises KeyError where it is none of them."""
        by_customer = {each.customer_id: each for each in self.memberships}
        return Seat(self.user, by_customer[customer_id], self.memberships)


def find(request: HttpRequest, user: User) -> Seat | None:
    """At the customer that was chosen, else at the first by name; None for a user of no customer."""
    memberships = tuple(
        Membership.objects.filter(user=user).select_related("customer").order_by("customer__name", "id")
    )
    if not memberships:
        return None

    chosen = request.session.get(CHOSEN)
    membership = next((each for each in memberships if str(each.customer_id) == chosen), memberships[0])
    return Seat(user, membership, memberships)


def choose(request: HttpRequest, seat: Seat) -> None:
    """Keep the customer for this session."""
    request.session[CHOSEN] = str(seat.customer_id)
