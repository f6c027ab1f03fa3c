"""Whose a provider's id is: found over all customers, and kept for one top-up only."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from billing import sql
from billing.errors import BillingError
from billing.models import PaymentReference, ReferenceKind, TopUp

INSERT = """
    insert into payment_reference (provider, kind, reference, customer_id, top_up_id)
    values (%s, %s, %s, %s, %s)
        on conflict do nothing
"""


class Taken(BillingError):
    """The id belongs to another top-up."""

    code = "reference_taken"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Owner:
    customer_id: UUID
    top_up_id: UUID


def keep(top_up: TopUp, kind: ReferenceKind, reference: str) -> None:
    """Say that `reference` is this top-up's; raises `Taken`, and waits for who inserts the same right now.

    Called in the transaction that decides on it, under the wallet's lock.
    """
    if sql.run(INSERT, [top_up.provider, kind.value, reference, top_up.customer_id, top_up.id]):
        return

    # A statement of its own: it sees what the first one waited for.
    kept = PaymentReference.objects.get(provider=top_up.provider, kind=kind, reference=reference)
    if kept.top_up_id != top_up.id:
        raise Taken(f"this {kind.value} belongs to another top-up")


def owners(*, provider: str, names: Iterable[str | None]) -> set[Owner]:
    """The top-ups that any of these ids belongs to: one, unless something is very wrong."""
    known = PaymentReference.objects.filter(
        provider=provider,
        kind__in=[ReferenceKind.TOP_UP, ReferenceKind.OBJECT, ReferenceKind.PAYMENT],
        reference__in=[name for name in names if name],
    )
    return {Owner(*row) for row in known.values_list("customer_id", "top_up_id")}
