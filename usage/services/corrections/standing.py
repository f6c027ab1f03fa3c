"""What a request was charged so far, with all its corrections, and the difference to what it should be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from billing import sql
from catalog import prices
from catalog.rating import METERS, Counts, rate, unpriced
from usage.models import Evidence
from usage.services.corrections import ids

Key = tuple[UUID, UUID]

# `first` and `last` span a request's millisecond: the primary key finds it and its corrections there.
CHARGES = """
    select charge.*
      from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[])
           as wanted (customer_id, request_id, first, last)
      join charge
        on charge.customer_id = wanted.customer_id
           and charge.request_id between wanted.first and wanted.last
           and coalesce(charge.corrects, charge.request_id) = wanted.request_id
     where charge.request_id between %s and %s
     order by charge.corrects is not null, charge.charged_at, charge.request_id
"""
NOT_REPORTED: Counts = (None,) * len(METERS)


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway said about a request beside its counts."""

    outcome: str
    evidence: str
    reported_cost_nanos: int | None
    upstream_request_id: str | None
    first_byte_ms: int | None
    duration_ms: int | None
    fingerprint: bytes
    received_at: datetime

    @classmethod
    def of(cls, row: Any) -> "Told":
        return cls(*(getattr(row, name) for name in cls.__slots__))


class Difference(NamedTuple):
    """A correcting charge at one price version: what its counts and its amount change."""

    price_version_id: int
    counts: tuple[int | None, ...]
    amount_nanos: int
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A charged request; `counts` and `amounts` are sums over its charge and its corrections by version.

    `price_version_id` is the one that its charge was rated with; a late price adds others for some meters.
    """

    key: Key
    api_key_id: UUID
    gateway_id: int
    language_model_id: int
    price_version_id: int
    ledger_transaction_id: UUID
    told: Told
    counts: Mapping[int, Counts]
    amounts: Mapping[int, int]

    @property
    def is_improvable(self) -> bool:
        return self.told.evidence != Evidence.REPORTED

    def differences(self, target: Mapping[int, Counts]) -> list[Difference]:
        """What is to be charged for each price version, so that the request stands at `target`."""
        found = []
        for version in sorted(self.counts.keys() | target.keys()):
            sheet = prices.sheet(version)
            wanted = target.get(version, NOT_REPORTED)
            counts = _less(wanted, self.counts.get(version, NOT_REPORTED))
            amount = rate(sheet, wanted) - self.amounts.get(version, 0)
            if amount or any(counts):
                found.append(Difference(version, counts, amount, unpriced(sheet, counts)))
        return found


def read(keys: Iterable[Key]) -> dict[Key, Standing]:
    """The standings of those of `keys`, `(customer_id, request_id)`, that are charged.

    What follows from them is right only while the customers' wallets are locked.
    """
    spans = {key: ids.span(key[1]) for key in keys}
    if not spans:
        return {}

    table = [(*key, *span) for key, span in spans.items()]
    first, last = min(span.first for span in spans.values()), max(span.last for span in spans.values())
    rows: dict[Key, list[Any]] = defaultdict(list)
    for row in sql.fetch(CHARGES, [*sql.columns(table), first, last]):
        rows[row.customer_id, row.corrects or row.request_id].append(row)
    return {key: _standing(key, found) for key, found in rows.items()}


def _standing(key: Key, rows: Sequence[Any]) -> Standing:
    original, latest = rows[0], rows[-1]
    counts: dict[int, Counts] = {}
    amounts: dict[int, int] = defaultdict(int)
    for row in rows:
        version = row.price_version_id
        counts[version] = _more(counts.get(version, NOT_REPORTED), [getattr(row, meter) for meter in METERS])
        amounts[version] += row.amount_nanos
    return Standing(
        key=key,
        api_key_id=original.api_key_id,
        gateway_id=original.gateway_id,
        language_model_id=original.language_model_id,
        price_version_id=original.price_version_id,
        ledger_transaction_id=original.ledger_transaction_id,
        told=Told.of(latest),
        counts=counts,
        amounts=amounts,
    )


def _more(one: Counts, other: Counts) -> tuple[int | None, ...]:
    return tuple(None if a is b is None else (a or 0) + (b or 0) for a, b in zip(one, other, strict=True))


def _less(one: Counts, other: Counts) -> tuple[int | None, ...]:
    """What changes; None where nothing does."""
    return tuple((a or 0) - (b or 0) or None for a, b in zip(one, other, strict=True))
