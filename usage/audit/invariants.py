"""All invariants, in the order in which they are shown."""

from usage.audit import (
    charges,
    debts,
    holds,
    house,
    journal,
    key_limits,
    lots,
    money_back,
    papers,
    payments,
    wallets,
)
from usage.audit.invariant import Invariant

ALL: tuple[Invariant, ...] = (
    *wallets.INVARIANTS,
    *journal.INVARIANTS,
    *lots.INVARIANTS,
    *holds.INVARIANTS,
    *key_limits.INVARIANTS,
    *charges.INVARIANTS,
    *debts.INVARIANTS,
    *house.INVARIANTS,
    *payments.INVARIANTS,
    *money_back.INVARIANTS,
    *papers.INVARIANTS,
)
