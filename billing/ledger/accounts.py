"""A locked wallet in memory, and the rows that a money transaction adds to the journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from billing.models import DebtCause, LedgerAccount, LotKind, TransactionKind


@dataclass(slots=True)
class LockedWallet:
    """The wallet row as it was locked, and as it is to be written back."""

    customer_id: UUID
    balance: int
    held: int
    debt: int
    last_seq: int
    state_version: int
    cut_off_at: datetime | None
    locked_seq: int
    keys_changed: bool = False

    @property
    def available(self) -> int:
        return self.balance - self.held


@dataclass(slots=True)
class Entry:
    """A ledger transaction to be written."""

    customer_id: UUID
    id: UUID
    kind: TransactionKind
    effect_key: str | None
    reason: str
    author_id: UUID | None
    positions: int = 0


class Movement(NamedTuple):
    """A transfer to be written; `wallet_seq` and `balance_after` where it touches the wallet."""

    entry: Entry
    position: int
    debit: LedgerAccount
    credit: LedgerAccount
    amount: int
    wallet_seq: int | None
    balance_after: int | None


@dataclass(frozen=True, slots=True)
class Owed:
    """One cause of a debt, in nanos."""

    amount: int
    cause: DebtCause
    gateway_id: int | None = None
    request_id: UUID | None = None


class Take(NamedTuple):
    """What a ledger transaction takes from lots: in spending order, from `lot_id` alone, or as a reversal.

    A reversal takes from the lots `reverses` first, in their order, then from bought ones by age, then from
    promotional ones.
    """

    entry_id: UUID
    amount: int
    lot_id: UUID | None = None
    reverses: tuple[UUID, ...] | None = None

    def chooses(self, lots: "Sequence[Lot]") -> "Iterable[Lot]":
        """The lots to take from, in order; `lots` stand in spending order."""
        if self.lot_id is not None:
            return [lot for lot in lots if lot.id == self.lot_id]
        if self.reverses is not None:
            return sorted(lots, key=self._reversal_order)
        return lots

    def _reversal_order(self, lot: "Lot") -> tuple[int, bool, datetime, UUID]:
        assert self.reverses is not None
        rank = self.reverses.index(lot.id) if lot.id in self.reverses else len(self.reverses)
        return rank, lot.kind == LotKind.PROMOTIONAL, lot.created_at, lot.id


@dataclass(slots=True)
class Lot:
    """A credit lot in memory; `is_new` until it is written."""

    id: UUID
    kind: LotKind
    amount: int
    remaining: int
    expires_at: datetime | None
    created_at: datetime
    entry_id: UUID
    is_new: bool = False
    given: dict[UUID, int] = field(default_factory=dict)

    def move(self, entry_id: UUID, amount: int) -> None:
        """Add `amount` (negative: take) on behalf of the ledger transaction `entry_id`."""
        self.remaining += amount
        self.given[entry_id] = self.given.get(entry_id, 0) + amount

    @property
    def spending_order(self) -> tuple[bool, bool, datetime, datetime, UUID]:
        """Promotional before bought, then soonest expiry (never last), then oldest."""
        return (
            self.kind != LotKind.PROMOTIONAL,
            self.expires_at is None,
            self.expires_at or self.created_at,
            self.created_at,
            self.id,
        )
