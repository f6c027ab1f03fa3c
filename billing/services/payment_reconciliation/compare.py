"""Comparing a day's lines with our movements: matched, missing here, missing there, differing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from billing.models import PaymentDiscrepancy, ProviderLine
from billing.payments.names import ProviderName
from billing.payments.protocol import LineKind
from billing.services.payment_reconciliation import ours
from billing.services.payment_reconciliation.ours import Movement
from billing.services.top_ups.offers import CURRENCIES

Kind = PaymentDiscrepancy.Kind
# Posted from the line itself.
_BOOKED = (LineKind.FEE, LineKind.PAYOUT)


@dataclass(frozen=True, slots=True)
class Difference:
    """`key` names it over all runs; amounts are in the provider's minor unit."""

    kind: str
    key: str
    about: str
    ours_minor: int | None
    theirs_minor: int | None
    currency: str
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    matched: int
    differences: tuple[Difference, ...]

    def count(self, kind: str) -> int:
        return sum(difference.kind == kind for difference in self.differences)


def compare(
    lines: Sequence[ProviderLine],
    known: Mapping[tuple[str, str], Movement],
    without_line: Sequence[Movement],
    not_yet_ours: Collection[str],
) -> Compared:
    """`known` are our movements that the lines are about, `without_line` those that should have one.

    `not_yet_ours` are the ids of lines about slow payments, which need no movement of ours.
    """
    found = [_of_line(line, _movement(line, known)) for line in lines if line.line_id not in not_yet_ours]
    differences = [difference for difference in found if difference]
    missing_there = [
        Difference(
            kind=Kind.MISSING_THERE.value,
            key=f"{movement.kind}:{movement.object_id}",
            about=movement.kind,
            ours_minor=movement.amount_minor,
            theirs_minor=None,
            currency=movement.currency,
            customer_id=movement.customer_id,
        )
        for movement in without_line
        if not movement.object_id.endswith(":rest")
    ]
    return Compared(len(lines) - len(differences), (*differences, *missing_there))


def key_of(line: ProviderLine) -> str:
    return f"line:{line.line_id}"


def _movement(line: ProviderLine, known: Mapping[tuple[str, str], Movement]) -> Movement | None:
    movement = known.get((line.kind, ours.object_of(line)))
    if movement is None and line.kind == LineKind.REFUND:
        rest = known.get((line.kind, ours.rest_of(line)))
        # One refund of ours stands for all that the trade's closing told of.
        if rest and rest.amount_minor <= line.gross_minor:
            return rest._replace(amount_minor=line.gross_minor)
    return movement


def _of_line(line: ProviderLine, movement: Movement | None) -> Difference | None:
    if line.kind in _BOOKED and line.currency == CURRENCIES[ProviderName(line.provider)]:
        return None
    if movement is None:
        kind, ours_minor = Kind.MISSING_HERE, None
    elif (movement.amount_minor, movement.currency) != (line.gross_minor, line.currency):
        kind, ours_minor = Kind.DIFFERING, movement.amount_minor
    else:
        return None
    return Difference(
        kind=kind.value,
        key=key_of(line),
        about=line.kind,
        ours_minor=ours_minor,
        theirs_minor=line.gross_minor,
        currency=line.currency,
        customer_id=movement.customer_id if movement else None,
    )
