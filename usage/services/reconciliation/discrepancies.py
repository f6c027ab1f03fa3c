"""Discrepancies that were found, and who answers for them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from usage.errors import AlreadyResolved, NotFound, Unacceptable
from usage.models import Discrepancy


def answer(*, discrepancy_id: int, user_id: UUID, resolution: str, now: datetime) -> Discrepancy:
    """Close a discrepancy for good, with a reason; raises `NotFound`, `AlreadyResolved`, `Unacceptable`.

    It moves no money: where a customer is to get something back, an adjustment does that.
    """
    if not resolution.strip():
        raise Unacceptable("a reason is required")

    with transaction.atomic():
        found = _lock(discrepancy_id)
        if found.resolved_at is not None:
            raise AlreadyResolved(f"discrepancy {discrepancy_id} was resolved: {found.resolution}")
        found.resolved_at = now
        found.resolved_by_id = user_id
        found.resolution = resolution.strip()
        found.save(update_fields=["resolved_at", "resolved_by", "resolution"])
    return found


def _lock(discrepancy_id: int) -> Discrepancy:
    try:
        return Discrepancy.objects.select_for_update().get(id=discrepancy_id)
    except Discrepancy.DoesNotExist:
        raise NotFound(f"no discrepancy {discrepancy_id}") from None
