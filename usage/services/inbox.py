"""The SQL of taking usage in, one function for each statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from billing import request_ids, sql
from catalog.rating import METERS
from usage.services.reports import Identified, Refused, Report, Reporter

Key = tuple[UUID, UUID]

EVENT_ARRAYS = """
    %(customer_id)s::uuid[], %(request_id)s::uuid[], %(api_key_id)s::uuid[], %(model_id)s::bigint[],
    %(input)s::int[], %(output)s::int[], %(cache_read)s::int[], %(cache_write_5m)s::int[],
    %(cache_write_1h)s::int[], %(web_search)s::int[], %(outcome)s::text[], %(evidence)s::text[],
    %(reported_cost)s::bigint[], %(upstream)s::text[], %(first_byte_ms)s::int[], %(duration_ms)s::int[],
    %(fingerprint)s::bytea[]
"""
EVENT_COLUMNS = """
    customer_id, request_id, api_key_id, language_model_id, input, output, cache_read, cache_write_5m,
    cache_write_1h, web_search, outcome, evidence, reported_cost_nanos, upstream_request_id, first_byte_ms,
    duration_ms, fingerprint
"""

# Sorted, so that two deliveries of the same events wait for each other in one order.
# An event that is charged between this statement's snapshot and its insert stands in the inbox once more; the
# charge's primary key makes it a duplicate when it is settled.
INSERT = f"""
    with event as (
        select * from unnest({EVENT_ARRAYS}) as event ({EVENT_COLUMNS})
    )
    insert into usage_event ({EVENT_COLUMNS}, gateway_id, received_at)
    select event.*, %(gateway_id)s, %(now)s
      from event
     where not exists (select from charge
                        where charge.customer_id = event.customer_id and charge.request_id = event.request_id
                          and charge.request_id between %(first)s and %(last)s)
     order by event.customer_id, event.request_id
        on conflict do nothing
 returning customer_id, request_id
"""

# The names of EVENT_ARRAYS, in order.
ARRAYS = (
    "customer_id",
    "request_id",
    "api_key_id",
    "model_id",
    *METERS,
    "outcome",
    "evidence",
    "reported_cost",
    "upstream",
    "first_byte_ms",
    "duration_ms",
    "fingerprint",
)

# Of these, what a report holds as it stands.
TOLD = (
    "outcome",
    "evidence",
    "reported_cost_nanos",
    "upstream_request_id",
    "first_byte_ms",
    "duration_ms",
)

WITH_HOLD = """
    select event.ordinal
      from unnest(%s::uuid[], %s::uuid[]) with ordinality as event (customer_id, request_id, ordinal)
      join hold on hold.customer_id = event.customer_id and hold.request_id = event.request_id
"""

FIRST_BODY = """
    select event.customer_id, event.request_id, coalesce(inbox.fingerprint, charge.fingerprint) as fingerprint
      from unnest(%s::uuid[], %s::uuid[]) as event (customer_id, request_id)
      left join usage_event inbox
        on inbox.customer_id = event.customer_id and inbox.request_id = event.request_id
      left join charge on charge.customer_id = event.customer_id and charge.request_id = event.request_id
"""

KEEP_CONFLICTS = f"""
    insert into usage_conflict ({EVENT_COLUMNS}, payload, gateway_id, received_at)
    select *, %(gateway_id)s, %(now)s
      from unnest({EVENT_ARRAYS}, %(payload)s::jsonb[]) as conflict ({EVENT_COLUMNS}, payload)
     order by customer_id, request_id, fingerprint
        on conflict do nothing
"""

QUARANTINE = """
    insert into quarantined_event (gateway_id, may_be_unheld, received_at, request_id, code, detail, payload,
                                   fingerprint, resolution)
    select %s, %s, %s, refused.*, ''
      from unnest(%s::uuid[], %s::text[], %s::text[], %s::jsonb[], %s::bytea[])
           as refused (request_id, code, detail, payload, fingerprint)
     order by request_id, fingerprint
        on conflict do nothing
"""

# A replayed event stands in the inbox or among the charges; one answered by hand stands nowhere else.
ANSWERED = """
    select request_id, fingerprint
      from quarantined_event
     where request_id = any(%s::uuid[]) and gateway_id = %s and resolution like 'by hand:%%'
"""


def insert(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> list[Key]:
    """Put events into the inbox and return the keys of those that were neither there nor charged yet."""
    if not events:
        return []
    return sql.fetch_tuples(INSERT, parameters(events, reporter, now=now))


def held(events: Sequence[Identified]) -> set[int]:
    """The positions of those that have a hold, in whatever state."""
    if not events:
        return set()
    customers = sql.array([event.customer_id for event in events])
    requests = sql.array([event.report.request_id for event in events])
    return {ordinal - 1 for (ordinal,) in sql.fetch_tuples(WITH_HOLD, [customers, requests])}


def first_bodies(keys: Iterable[Key]) -> dict[Key, bytes | None]:
    """The fingerprints of what stands in the inbox or among the charges."""
    return {row[:2]: row[2] for row in sql.fetch_tuples(FIRST_BODY, sql.columns(keys))}


def keep_conflicts(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> None:
    if events:
        payloads = [Jsonb(event.report.payload) for event in events]
        sql.run(KEEP_CONFLICTS, {**parameters(events, reporter, now=now), "payload": payloads})


def quarantine(refused: Sequence[Refused], reporter: Reporter, *, now: datetime) -> None:
    if refused:
        table = [
            (r.report.request_id, r.code, r.detail, Jsonb(r.report.payload), r.report.fingerprint())
            for r in refused
        ]
        sql.run(QUARANTINE, [reporter.gateway_id, reporter.may_be_unheld, now, *sql.columns(table)])


def answered_by_hand(reports: Sequence[Report], reporter: Reporter) -> set[tuple[UUID, bytes]]:
    """Request id and fingerprint of quarantined events for which a person answered; nobody is charged."""
    ids = sql.array([report.request_id for report in reports])
    return {(row[0], bytes(row[1])) for row in sql.fetch_tuples(ANSWERED, [ids, reporter.gateway_id])}


def parameters(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[str, Any]:
    told = dict(zip(Report._fields, zip(*[event.report for event in events], strict=True), strict=True))
    columns = (
        [event.customer_id for event in events],
        told["request_id"],
        [event.api_key_id for event in events],
        [event.model_id for event in events],
        *zip(*told["counts"], strict=True),
        *(told[name] for name in TOLD),
        [event.fingerprint for event in events],
    )
    first, last = request_ids.span(told["request_id"])
    return {
        **dict(zip(ARRAYS, map(sql.array, columns), strict=True)),
        "gateway_id": reporter.gateway_id,
        "now": now,
        "first": first,
        "last": last,
    }
