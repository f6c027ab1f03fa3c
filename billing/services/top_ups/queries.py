"""Top-ups of a customer, read only."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from billing.errors import NotFound
from billing.models import TopUp


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first; `next_before` is where the next page begins, None on the last one."""

    top_ups: tuple[TopUp, ...]
    next_before: UUID | None


def get(*, customer_id: UUID, top_up_id: UUID) -> TopUp:
    """Raise `NotFound` for a top-up that is not there, and for somebody else's."""
    try:
        return TopUp.objects.get(customer_id=customer_id, id=top_up_id)
    except TopUp.DoesNotExist:
        raise NotFound("No such top-up.") from None


def get_among(*, customer_ids: Collection[UUID], top_up_id: UUID) -> TopUp:
    """A top-up of one of these customers; raises `NotFound` for anybody else's."""
    try:
        return TopUp.objects.get(customer_id__in=customer_ids, id=top_up_id)
    except TopUp.DoesNotExist:
        raise NotFound("No such top-up.") from None


def page(*, customer_id: UUID, before: UUID | None, size: int) -> Page:
    """Up to `size` top-ups that began before the one with the id `before`."""
    top_ups = TopUp.objects.filter(customer_id=customer_id).order_by("-id")
    if before is not None:
        top_ups = top_ups.filter(id__lt=before)
    found = tuple(top_ups[: size + 1])
    shown = found[:size]
    return Page(shown, shown[-1].id if len(found) > size else None)
