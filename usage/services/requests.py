"""Everything that is known about a request, for support: what was held, reported, charged, why so much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from billing import sql
from billing.errors import RequestConflict
from catalog import prices
from catalog.rating import METERS, PriceSheet
from usage.errors import NotFound
from usage.services.corrections import ids

HOLDS = """
    select hold.*, gateway.name as gateway
      from hold join gateway on gateway.id = hold.gateway_id
     where request_id = %s
"""
CHARGES = """
    select charge.*, gateway.name as gateway
      from charge join gateway on gateway.id = charge.gateway_id
     where request_id = %s
"""
# Customers come before the request id in the inbox's key: PostgreSQL skips from one to the next.
WAITING = "select customer_id, api_key_id, received_at from usage_event where request_id = %s"
QUARANTINED = """
    select code, detail, received_at, resolved_at, resolution, gateway.name as gateway
      from quarantined_event join gateway on gateway.id = quarantined_event.gateway_id
     where request_id = %s
     order by quarantined_event.id
"""
CONFLICTS = """
    select received_at, evidence, verdict, judged_at, corrected_by, gateway.name as gateway
      from usage_conflict join gateway on gateway.id = usage_conflict.gateway_id
     where customer_id = %s and request_id = %s
     order by usage_conflict.id
"""
CORRECTIONS = """
    select charge.*, gateway.name as gateway
      from charge join gateway on gateway.id = charge.gateway_id
     where customer_id = %s and corrects = %s and request_id between %s and %s
     order by charged_at, request_id
"""
DEBTS = """
    select amount_nanos, cause, incurred_at, ledger_transaction_id
      from debt
     where customer_id = %s and request_id = any(%s::uuid[])
     order by id
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One meter of a charge; `picos` (10^-12 USD a unit) is the price of the meter `rated_as`, or None."""

    meter: str
    quantity: int
    rated_as: str
    picos: int | None

    @property
    def amount_picos(self) -> int:
        return self.quantity * (self.picos or 0)


@dataclass(frozen=True, slots=True)
class FoundCharge:
    """A row of `charge` and the lines that add up to its amount before it was rounded."""

    row: Any
    model: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """Rows as they are stored; `customer_id` is None where only quarantine knows the request."""

    request_id: UUID
    customer_id: UUID | None
    api_key_id: UUID | None
    hold: Any | None
    waiting_since: datetime | None
    charge: FoundCharge | None
    corrections: Sequence[FoundCharge]
    quarantined: Sequence[Any]
    conflicts: Sequence[Any]
    debts: Sequence[Any]

    @property
    def total_nanos(self) -> int | None:
        """What the request costs with all its corrections; None while nothing is charged."""
        if self.charge is None:
            return None
        total: int = sum(each.row.amount_nanos for each in (self.charge, *self.corrections))
        return total

    @property
    def state(self) -> str:
        """charged, waiting, quarantined, or the state of the hold that no usage followed yet."""
        if self.charge:
            return "charged"
        if self.waiting_since:
            return "waiting"
        if any(event.resolved_at is None for event in self.quarantined) or not self.hold:
            return "quarantined"
        return "held" if self.hold.state == "open" else str(self.hold.state)


def get(request_id: UUID, *, customer_id: UUID | None = None) -> FoundRequest:
    """Find a request by its id alone; raises `NotFound`.

    A gateway that used one id for two customers makes two requests of it: `RequestConflict` names them, and
    `customer_id` chooses one.
    """
    holds = _of(customer_id, sql.fetch(HOLDS, [request_id]))
    waiting = _of(customer_id, sql.fetch(WAITING, [request_id]))
    charges = _of(customer_id, sql.fetch(CHARGES, [request_id]))
    quarantined = sql.fetch(QUARANTINED, [request_id])
    known = [*charges, *waiting, *holds]
    customers = {row.customer_id for row in known}
    if len(customers) > 1:
        raise RequestConflict(
            "several customers have a request with this id", customers=sorted(map(str, customers))
        )
    if not known and not quarantined:
        raise NotFound("no request with this id is known")

    found = customers.pop() if customers else None
    corrections = sql.fetch(CORRECTIONS, [found, request_id, *ids.span(request_id)])
    return FoundRequest(
        request_id=request_id,
        customer_id=found,
        api_key_id=known[0].api_key_id if known else None,
        hold=holds[0] if holds else None,
        waiting_since=waiting[0].received_at if waiting else None,
        charge=_explained(charges[0]) if charges else None,
        corrections=[_explained(row) for row in corrections],
        quarantined=quarantined,
        conflicts=sql.fetch(CONFLICTS, [found, request_id]),
        debts=sql.fetch(DEBTS, [found, sql.array([request_id, *(row.request_id for row in corrections)])]),
    )


def _of(customer_id: UUID | None, rows: list[Any]) -> list[Any]:
    return [row for row in rows if customer_id in (None, row.customer_id)]


def _explained(row: Any) -> FoundCharge:
    sheet = prices.sheet(row.price_version_id)
    counts = [getattr(row, meter) for meter in METERS]
    return FoundCharge(row, prices.model_slug(row.language_model_id), tuple(_lines(sheet, counts)))


def _lines(sheet: PriceSheet, counts: Sequence[int | None]) -> list[Line]:
    """The meters that were reported. A cache meter without a rate of its own is rated as input."""
    lines = []
    for meter, count, own, effective in zip(METERS, counts, sheet.picos, sheet.effective, strict=True):
        if count is not None:
            as_input = own is None and meter.startswith("cache_")
            picos = effective if own is not None or as_input else None
            lines.append(Line(meter, count, "input" if as_input else meter, picos))
    return lines
