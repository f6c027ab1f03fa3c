"""Papers of a customer, read only."""

from collections.abc import Collection
from uuid import UUID

from billing.errors import NotFound
from billing.models import Paper, PaperKind


def get(*, customer_id: UUID, paper_id: UUID) -> Paper:
    """Raise `NotFound` for a paper that is not there, and for somebody else's."""
    return _one(customer_id=customer_id, id=paper_id)


def get_among(*, customer_ids: Collection[UUID], paper_id: UUID) -> Paper:
    """A paper of one of these customers; raises `NotFound` for anybody else's."""
    return _one(customer_id__in=customer_ids, id=paper_id)


def receipt(*, customer_id: UUID, top_up_id: UUID) -> Paper:
    """The receipt of a top-up; `NotFound` too while none is issued yet."""
    return _one(customer_id=customer_id, top_up_id=top_up_id, kind=PaperKind.RECEIPT)


def of_refund(*, customer_id: UUID, refund_id: UUID) -> Paper:
    return _one(customer_id=customer_id, refund_id=refund_id)


def of_top_ups(*, customer_id: UUID, top_up_ids: Collection[UUID]) -> dict[UUID, list[Paper]]:
    """The papers of several top-ups at once, each one's receipt first."""
    found: dict[UUID, list[Paper]] = {}
    papers = Paper.objects.filter(customer_id=customer_id, top_up_id__in=top_up_ids)
    for paper in papers.order_by("year", "number"):
        found.setdefault(paper.top_up_id, []).append(paper)
    return found


def _one(**which: object) -> Paper:
    try:
        return Paper.objects.get(**which)
    except Paper.DoesNotExist:
        raise NotFound("No such receipt; it is issued within moments of the payment.") from None
