"""An operator's refund: debited before the provider hears of it, so that nobody spends it meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from billing.errors import Refused, RequestConflict, Unacceptable
from billing.ledger.book import Book
from billing.models import ReferenceKind, Refund, RefundOrigin, RefundState, TopUp
from billing.payments import registry
from billing.services.refunds import post, refundable
from billing.services.refunds.post import NewRefund
from billing.services.refunds.refundable import REFUSALS, Refundable
from billing.services.top_ups import queries, references

# Longer than the call takes that follows at once.
FIRST_RETRY: Final = timedelta(minutes=1)
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Given:
    """`is_new` where this call debited it; `refunds.send.send` asks the provider for it, after the commit."""

    refund: Refund
    top_up: TopUp
    is_new: bool


def give(
    *,
    customer_id: UUID,
    top_up_id: UUID,
    amount_minor: int,
    reason: str,
    author_id: UUID,
    refund_id: UUID,
    now: datetime,
) -> Given:
    """Debit a refund of a part or all of a top-up, at most what `refundable` says; once for each `refund_id`.

    Asks no provider: `refunds.send.send` does, after the commit, and the retry where that was never called.
    Raises `NotFound`, `Refused`, `Unacceptable`, `RequestConflict`, `Unavailable`.
    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Unacceptable(f"must have from 1 to {LONGEST_REASON} characters", field="reason")

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        top_up = queries.get(customer_id=customer_id, top_up_id=top_up_id)
        before = Refund.objects.filter(customer_id=customer_id, id=refund_id).first()
        if before is not None:
            if (before.top_up_id, before.amount_minor) != (top_up_id, amount_minor):
                raise RequestConflict("this refund was asked for before, with another amount")
            return Given(before, top_up, is_new=False)
        registry.get(top_up.provider)
        _require(refundable.of(top_up), amount_minor)

        new = NewRefund(
            id=refund_id,
            amount_minor=amount_minor,
            origin=RefundOrigin.OPERATOR,
            state=RefundState.REQUESTED,
            reason=reason.strip(),
            author_id=author_id,
            next_check_at=now + FIRST_RETRY,
        )
        references.keep(top_up, ReferenceKind.REFUND, refund_id.hex)
        return Given(post.post(book, top_up, new, now=now), top_up, is_new=True)


def _require(can: Refundable, amount_minor: int) -> None:
    if can.refusal.startswith("customer_"):
        raise Refused(f"{REFUSALS[can.refusal]} and gets no refund", code=can.refusal)
    if can.refusal:
        raise Unacceptable(REFUSALS[can.refusal], code=can.refusal, field="top_up")
    if amount_minor <= 0:
        raise Unacceptable("must be more than 0", field="amount")
    if amount_minor > (most := can.most_minor):
        told = "; ".join(can.reasons()) or "it is more than was paid"
        raise Unacceptable(
            f"at most {most} of the minor unit can go back: {told}",
            code="refund_too_large",
            field="amount",
            most_minor=most,
        )
