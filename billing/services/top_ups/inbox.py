"""The inbox of providers' messages: what was signed is stored before it is answered, and then claimed.

"Seen" is the row, unique by provider, id and body; "done" is its state, set after the effects were committed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import BillingError, NotFound, Unacceptable
from billing.models import EventState, ProviderEvent
from billing.payments.protocol import Lookup, Message

INSERT = """
    insert into provider_event (id, provider, event_id, body_digest, kind, body, headers, object_id,
                                payment_id, refunds, received_at, state, code, detail, attempts, next_try_at,
                                ended_at, resolution)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, '')
        on conflict do nothing
"""
# The lease: whoever claims an event has this long before somebody else tries.
LEASE: Final = timedelta(seconds=30)

CLAIM = """
    update provider_event
       set attempts = attempts + 1, next_try_at = %(until)s
     where id = any (array(
           select id
             from provider_event
            where state = 'waiting' and next_try_at <= %(now)s
            order by next_try_at
            limit %(most)s
              for update skip locked))
 returning id
"""
CLAIM_ONE = """
    update provider_event
       set attempts = attempts + 1, next_try_at = %s
     where id = %s and state = 'waiting' and next_try_at <= %s
"""
RELEASE = "update provider_event set next_try_at = %s where id = %s and state = 'waiting'"
END = """
    update provider_event
       set state = %s, code = %s, detail = %s, next_try_at = null, ended_at = %s
     where id = %s and state = 'waiting'
"""
RETRY = """
    update provider_event
       set code = %s, detail = %s, next_try_at = %s
     where id = %s and state = 'waiting'
"""
LONGEST: Final = 500


class NotInQuarantine(BillingError):
    code = "not_in_quarantine"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Stored:
    """`is_new` where nobody has stored this message before; `is_ours` where it is the caller's to handle."""

    event_id: UUID
    is_new: bool
    is_ours: bool


def store(
    *, provider: str, message: Message, body: bytes, headers: Mapping[str, str], now: datetime
) -> Stored:
    """Insert a verified message, or ignore one that is there; what is new is the caller's to handle.

    A message for somebody else is quarantined at once, one about no payment ignored: neither is handled.
    """
    event_id = uuid7()
    lookup = message.lookup or Lookup()
    state = _state_of(message)
    waits = state == EventState.WAITING
    is_new = sql.run(
        INSERT,
        [
            event_id,
            provider,
            message.event_id,
            hashlib.sha256(body).digest(),
            message.kind,
            body,
            Jsonb(dict(headers)),
            lookup.object_id or "",
            lookup.payment_id or "",
            Jsonb(list(lookup.refunds)),
            now,
            state.value,
            f"foreign_{message.foreign}" if message.foreign else "",
            1 if waits else 0,
            now + LEASE if waits else None,
            None if waits else now,
        ],
    )
    if not is_new:
        return Stored(_id_of(provider, message, body), is_new=False, is_ours=False)
    return Stored(event_id, is_new=True, is_ours=waits)


def claim(*, most: int, now: datetime) -> list[UUID]:
    """Take up to `most` events that are due; nobody else has them until the lease is over."""
    rows = sql.fetch(CLAIM, {"until": now + LEASE, "now": now, "most": most})
    return [row.id for row in rows]


def claim_one(*, event_id: UUID, now: datetime) -> bool:
    return bool(sql.run(CLAIM_ONE, [now + LEASE, event_id, now]))


def release(*, event_id: UUID, now: datetime) -> None:
    """Give an event back that was claimed and not begun."""
    sql.run(RELEASE, [now, event_id])


def end(*, event_id: UUID, state: EventState, now: datetime, code: str = "", detail: str = "") -> None:
    sql.run(END, [state.value, code, detail[:LONGEST], now, event_id])


def retry(*, event_id: UUID, code: str, detail: str, at: datetime) -> None:
    sql.run(RETRY, [code, detail[:LONGEST], at, event_id])


def put_back(*, event_id: UUID, now: datetime) -> None:
    """Let a quarantined event be handled again; raises `NotFound`, `NotInQuarantine`."""
    _answer(event_id, state=EventState.WAITING, next_try_at=now, ended_at=None, attempts=0)


def resolve(*, event_id: UUID, reason: str, now: datetime) -> None:
    """Answer for a quarantined event that is never to be handled; raises `NotFound`, `NotInQuarantine`."""
    if not reason.strip():
        raise Unacceptable("a reason is required", field="reason")

    _answer(event_id, state=EventState.IGNORED, resolution=reason.strip()[:LONGEST], ended_at=now)


def _answer(event_id: UUID, **changes: object) -> None:
    events = ProviderEvent.objects.filter(id=event_id)
    if events.filter(state=EventState.QUARANTINED).update(**changes):
        return
    if not events.exists():
        raise NotFound(f"no message {event_id}")
    raise NotInQuarantine("this message is not in quarantine any more")


def _state_of(message: Message) -> EventState:
    if message.foreign:
        return EventState.QUARANTINED
    return EventState.WAITING if message.lookup else EventState.IGNORED


def _id_of(provider: str, message: Message, body: bytes) -> UUID:
    digest = hashlib.sha256(body).digest()
    seen = ProviderEvent.objects.filter(
        provider=provider, event_id=message.event_id, body_digest=digest
    ).values_list("id", flat=True)
    return seen.get()
