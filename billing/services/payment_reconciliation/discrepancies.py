"""Differences that somebody answers for: kept by key, gone when a later run finds them no more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import BillingError, NotFound, Unacceptable
from billing.models import PaymentDiscrepancy
from billing.services.payment_reconciliation.compare import Difference
from billing.services.payment_reconciliation.days import Day

LONGEST = 500

# What is found again is open again, unless somebody has answered for just these amounts.
KEEP = """
    insert into payment_discrepancy as was (id, provider, day_date, kind, key, ours_minor, theirs_minor,
                                            customer_id, found_at, answer)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '')
        on conflict (key) do update
       set gone_at = null, kind = excluded.kind, ours_minor = excluded.ours_minor,
           theirs_minor = excluded.theirs_minor, customer_id = excluded.customer_id,
           answer = case when (was.kind, was.ours_minor, was.theirs_minor)
                              is distinct from (excluded.kind, excluded.ours_minor, excluded.theirs_minor)
                         then '' else was.answer end,
           answered_at = case when (was.kind, was.ours_minor, was.theirs_minor)
                              is distinct from (excluded.kind, excluded.ours_minor, excluded.theirs_minor)
                         then null else was.answered_at end
"""


class AlreadyAnswered(BillingError):
    code = "already_answered"
    http_status = 409


def keep(day: Day, differences: Sequence[Difference], *, now: datetime) -> None:
    """Write a day's differences, and mark those of an earlier run that are no more; in a transaction."""
    keys = []
    for difference in sorted(differences, key=lambda difference: difference.key):
        keys.append(f"{day.provider}:{difference.key}")
        sql.run(
            KEEP,
            [
                uuid7(),
                day.provider.value,
                day.date,
                difference.kind,
                keys[-1],
                difference.ours_minor,
                difference.theirs_minor,
                difference.customer_id,
                now,
            ],
        )
    open_before = PaymentDiscrepancy.objects.filter(
        provider=day.provider, day_date=day.date, gone_at__isnull=True
    )
    open_before.exclude(key__in=keys).update(gone_at=now)


def answer(*, discrepancy_id: UUID, reason: str, author_id: UUID, now: datetime) -> PaymentDiscrepancy:
    """Answer for a difference; raises `NotFound`, `AlreadyAnswered`."""
    if not reason.strip():
        raise Unacceptable("a reason is required", field="reason")

    with transaction.atomic():
        found = PaymentDiscrepancy.objects.select_for_update().filter(id=discrepancy_id).first()
        if found is None:
            raise NotFound(f"no payment discrepancy {discrepancy_id}")
        if found.answered_at is not None:
            raise AlreadyAnswered(f"it was answered: {found.answer}")
        found.answer = reason.strip()[:LONGEST]
        found.answered_by_id = author_id
        found.answered_at = now
        found.save(update_fields=["answer", "answered_by", "answered_at"])
    return found
