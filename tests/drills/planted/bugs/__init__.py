"""All planted bugs, by area."""

from tests.drills.planted.bug import Bug
from tests.drills.planted.bugs import (
    constraints,
    cut_offs,
    ends,
    holds,
    intake,
    ledger,
    limits,
    locks,
    messages,
    money_back,
    payments,
    rating,
    settlement,
)

ALL: tuple[Bug, ...] = (
    *holds.BUGS,
    *ends.BUGS,
    *locks.BUGS,
    *ledger.BUGS,
    *cut_offs.BUGS,
    *limits.BUGS,
    *rating.BUGS,
    *intake.BUGS,
    *settlement.BUGS,
    *messages.BUGS,
    *payments.BUGS,
    *money_back.BUGS,
    *constraints.BUGS,
)
