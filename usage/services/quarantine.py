"""Events that could not be charged: tried again once their cause is mended, or answered by hand.

A payload has one of two shapes: the gateway's own event, where it was refused on arrival, or the inbox's row,
where settlement failed on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from billing import request_ids, sql
from billing.money import parse_usd
from catalog.rating import METERS
from usage.errors import AlreadyResolved, NotFound, Unacceptable
from usage.models import QuarantinedEvent
from usage.services import ingest
from usage.services.reports import Report, Reporter

# The row as settlement found it, less its time in the queue. It is charged once however often it comes back,
# because the charge's primary key says so.
BACK_TO_INBOX = """
    insert into usage_event
    select (jsonb_populate_record(null::usage_event, %s || jsonb_build_object('fingerprint', %s::bytea))).*
        on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one event: accepted, duplicate, conflict, or quarantined again with its code."""

    event_id: int
    result: str
    code: str | None = None


def waiting(*, event_id: int | None = None, code: str | None = None) -> list[int]:
    """The ids of open events, oldest first; `code` narrows them to one cause."""
    events = QuarantinedEvent.objects.filter(resolved_at=None)
    if event_id is not None:
        events = events.filter(id=event_id)
    if code is not None:
        events = events.filter(code=code)
    return list(events.order_by("received_at", "id").values_list("id", flat=True))


def replay(*, event_id: int, now: datetime) -> Replayed | None:
    """Try an event again; None where it is resolved already. The caller wakes the settlement.

    Idempotent: what was accepted once is resolved, and its request id is charged once for life.
    """
    with transaction.atomic():
        event = _lock(event_id)
        if event.resolved_at is not None:
            return None

        replayed = _again(event, now=now)
        if replayed.result != "quarantined":
            event.resolved_at = now
            event.resolution = f"replayed: {replayed.result}"
            event.save(update_fields=["resolved_at", "resolution"])
    return replayed


def resolve(*, event_id: int, reason: str, now: datetime) -> QuarantinedEvent:
    """Answer for an event that is never to be charged; raises `NotFound`, `AlreadyResolved`."""
    if not reason.strip():
        raise Unacceptable("a reason is required")

    with transaction.atomic():
        event = _lock(event_id)
        if event.resolved_at is not None:
            raise AlreadyResolved(f"event {event_id} was resolved: {event.resolution}")
        event.resolved_at = now
        event.resolution = f"by hand: {reason.strip()}"
        event.save(update_fields=["resolved_at", "resolution"])
    return event


def _lock(event_id: int) -> QuarantinedEvent:
    try:
        return QuarantinedEvent.objects.select_for_update().get(id=event_id)
    except QuarantinedEvent.DoesNotExist:
        raise NotFound(f"no quarantined event {event_id}") from None


def _again(event: QuarantinedEvent, *, now: datetime) -> Replayed:
    if "meters" not in event.payload:
        sql.run(BACK_TO_INBOX, [Jsonb(event.payload), bytes(event.fingerprint)])
        return Replayed(event.id, "accepted")

    reporter = Reporter(event.gateway_id, may_be_unheld=event.may_be_unheld)
    [result] = ingest.accept([_report(event.payload)], reporter, now=_judged_at(event, now))
    return Replayed(event.id, result.result, result.code)


def _judged_at(event: QuarantinedEvent, now: datetime) -> datetime:
    """Our own delay makes no event too old, and one that came from the future may have become the present."""
    return max(event.received_at, min(request_ids.time_of(event.request_id), now))


def _report(payload: Mapping[str, Any]) -> Report:
    """The report as it was read when it arrived; its form was checked then."""
    cost = payload.get("reported_cost")
    return Report(
        request_id=request_ids.parse(payload["request_id"]),
        key_digest=bytes.fromhex(payload["key_digest"]),
        model=payload["model"],
        counts=tuple(payload["meters"].get(meter) for meter in METERS),
        outcome=payload["outcome"],
        evidence=payload["evidence"],
        reported_cost_nanos=None if cost is None else parse_usd(cost),
        upstream_request_id=payload.get("upstream_request_id"),
        first_byte_ms=payload.get("first_byte_ms"),
        duration_ms=payload.get("duration_ms"),
        payload=payload,
    )
