"""Payments that somebody has to look at: written down once, shown to operators until one answers."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import BillingError, NotFound, Unacceptable
from billing.models import PaymentAlert, TopUp

log = structlog.get_logger()

INSERT = """
    insert into payment_alert (id, provider, customer_id, top_up_id, payment_id, code, detail, found_at,
                               resolution)
    values (%s, %s, %s, %s, %s, %s, %s, %s, '')
        on conflict do nothing
"""
LONGEST = 500


class AlreadyResolved(BillingError):
    code = "already_resolved"
    http_status = 409


def record(*, top_up: TopUp, code: str, detail: str, now: datetime, payment_id: str = "") -> bool:
    """Write an alert in the transaction of what it tells, and return whether it is new.

    One that was answered stays answered, however often the poller meets its cause again.
    """
    row = [uuid7(), top_up.provider, top_up.customer_id, top_up.id, payment_id, code, detail[:LONGEST], now]
    is_new = bool(sql.run(INSERT, row))
    if is_new:
        log.error("payment alert", code=code, top_up_id=str(top_up.id), detail=detail)
    return is_new


def resolve(*, alert_id: UUID, reason: str, now: datetime) -> PaymentAlert:
    """Answer for an alert; raises `NotFound`, `AlreadyResolved`."""
    if not reason.strip():
        raise Unacceptable("a reason is required", field="reason")

    with transaction.atomic():
        alert = PaymentAlert.objects.select_for_update().filter(id=alert_id).first()
        if alert is None:
            raise NotFound(f"no payment alert {alert_id}")
        if alert.resolved_at is not None:
            raise AlreadyResolved(f"it was answered: {alert.resolution}")
        alert.resolved_at = now
        alert.resolution = reason.strip()[:LONGEST]
        alert.save(update_fields=["resolved_at", "resolution"])
    return alert
