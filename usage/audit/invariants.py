"""All invariants, in the order in which they are shown."""

from usage.audit import charges, debts, holds, house, journal, lots, wallets
from usage.audit.invariant import Invariant

ALL: tuple[Invariant, ...] = (
    *wallets.INVARIANTS,
    *journal.INVARIANTS,
    *lots.INVARIANTS,
    *holds.INVARIANTS,
    *charges.INVARIANTS,
    *debts.INVARIANTS,
    *house.INVARIANTS,
)
