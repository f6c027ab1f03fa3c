"""Taking usage in: every report ends in the inbox, in quarantine, or is known already; nothing is dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from billing import request_ids, sql
from catalog import prices
from catalog.rating import METERS
from usage.services.reports import MOST_UNITS, Identified, Refused, Report, Reporter, Result

KEYS = "select digest, id, customer_id from api_key where digest = any(%s::bytea[])"

# Sorted, so that two deliveries of the same events wait for each other in one order.
# An event that is charged between this statement's snapshot and its insert stands in the inbox once more; the
# charge's primary key makes it a duplicate when it is settled.
INSERT = """
    with event as (
        select *
          from unnest(%(customer_id)s::uuid[], %(request_id)s::uuid[], %(api_key_id)s::uuid[],
                      %(model_id)s::bigint[], %(input)s::int[], %(output)s::int[], %(cache_read)s::int[],
                      %(cache_write_5m)s::int[], %(cache_write_1h)s::int[], %(web_search)s::int[],
                      %(outcome)s::text[], %(evidence)s::text[], %(reported_cost)s::bigint[],
                      %(upstream)s::text[], %(first_byte_ms)s::int[], %(duration_ms)s::int[],
                      %(fingerprint)s::bytea[])
               as event (customer_id, request_id, api_key_id, language_model_id, input, output, cache_read,
                         cache_write_5m, cache_write_1h, web_search, outcome, evidence, reported_cost_nanos,
                         upstream_request_id, first_byte_ms, duration_ms, fingerprint)
    )
    insert into usage_event (customer_id, request_id, api_key_id, language_model_id, input, output,
                             cache_read, cache_write_5m, cache_write_1h, web_search, outcome, evidence,
                             reported_cost_nanos, upstream_request_id, first_byte_ms, duration_ms,
                             fingerprint, gateway_id, received_at)
    select event.*, %(gateway_id)s, %(now)s
      from event
     where not exists (select from charge
                        where charge.customer_id = event.customer_id and charge.request_id = event.request_id
                          and charge.request_id between %(first)s and %(last)s)
     order by event.customer_id, event.request_id
        on conflict do nothing
 returning customer_id, request_id
"""

# The columns of INSERT's arrays, in order.
INSERTED = (
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

WITH_HOLD = """
    select hold.customer_id, hold.request_id
      from unnest(%s::uuid[], %s::uuid[]) as event (customer_id, request_id)
      join hold on hold.customer_id = event.customer_id and hold.request_id = event.request_id
"""

FIRST_BODY = """
    select event.customer_id, event.request_id, coalesce(inbox.fingerprint, charge.fingerprint) as fingerprint
      from unnest(%s::uuid[], %s::uuid[]) as event (customer_id, request_id)
      left join usage_event inbox
        on inbox.customer_id = event.customer_id and inbox.request_id = event.request_id
      left join charge on charge.customer_id = event.customer_id and charge.request_id = event.request_id
"""

KEEP_CONFLICTS = """
    insert into usage_conflict (customer_id, request_id, gateway_id, payload, fingerprint, received_at)
    select customer_id, request_id, %s, payload, fingerprint, %s
      from unnest(%s::uuid[], %s::uuid[], %s::jsonb[], %s::bytea[])
           as conflict (customer_id, request_id, payload, fingerprint)
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


def accept(reports: Sequence[Report], reporter: Reporter, *, now: datetime) -> list[Result]:
    """Store reports and say of each, in the same order, what became of it.

    Everything is committed when this returns. A repeated report is a duplicate for life; another body under
    the same id is kept as a conflict and the first stands.
    """
    with transaction.atomic():
        identified, refused = _identify(reports, now=now)
        identified, without_price = _require_prices(identified)
        refused += without_price
        if not reporter.may_be_unheld:
            identified, without_hold = _require_holds(identified)
            refused += without_hold
        results = _store(identified, reporter, now=now)
        _quarantine(refused, reporter, now=now)

    quarantined = {
        id(item.report): Result(item.report.request_id, "quarantined", item.code) for item in refused
    }
    return [results.get(id(report)) or quarantined[id(report)] for report in reports]


def _identify(reports: Sequence[Report], *, now: datetime) -> tuple[list[Identified], list[Refused]]:
    digests = list({report.key_digest for report in reports})
    keys = {bytes(row[0]): (row[1], row[2]) for row in sql.fetch_tuples(KEYS, [digests])}
    identified: list[Identified] = []
    refused: list[Refused] = []
    for report in reports:
        found = _identify_one(report, keys.get(report.key_digest), now=now)
        if isinstance(found, Refused):
            refused.append(found)
        else:
            identified.append(found)
    return identified, refused


def _identify_one(report: Report, key: tuple[UUID, UUID] | None, *, now: datetime) -> Identified | Refused:
    if key is None:
        return Refused(report, "unknown_key", "no API key has this digest")
    model = prices.find_model(report.model)
    if model is None:
        return Refused(report, "unknown_model", f"the catalogue has no model {report.model!r}")
    if not request_ids.is_in_window(report.request_id, now=now):
        return Refused(report, "request_id_out_of_window", "older than 35 days or more than 5 minutes ahead")
    if all(count is None for count in report.counts) or any((c or 0) > MOST_UNITS for c in report.counts):
        return Refused(report, "impossible_meters", "no meter at all, or one above 1,000,000,000")

    return Identified(report, report.fingerprint(), key[1], key[0], model.id)


def _require_prices(events: list[Identified]) -> tuple[list[Identified], list[Refused]]:
    """A hold has pinned its price; without one the model needs a price at the request's own time."""
    unpriced = [
        event
        for event in events
        if prices.in_force(event.model_id, request_ids.time_of(event.report.request_id)) is None
    ]
    held = _held(unpriced)
    without = {id(event) for event in unpriced if event.key not in held}
    refused = [
        Refused(event.report, "no_price", "the model had no price at the time of the request")
        for event in unpriced
        if id(event) in without
    ]
    return [event for event in events if id(event) not in without], refused


def _require_holds(events: list[Identified]) -> tuple[list[Identified], list[Refused]]:
    held = _held(events)
    without = [
        Refused(
            event.report, "no_hold", "the request had no hold, and the token lacks the scope usage:unheld"
        )
        for event in events
        if event.key not in held
    ]
    return [event for event in events if event.key in held], without


def _held(events: Sequence[Identified]) -> set[tuple[UUID, UUID]]:
    """The keys of those events that have a hold, in whatever state."""
    if not events:
        return set()
    return set(sql.fetch_tuples(WITH_HOLD, sql.columns(event.key for event in events)))


def _store(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[int, Result]:
    first = {event.key: event for event in reversed(events)}
    new = set(sql.fetch_tuples(INSERT, _columns(list(first.values()), reporter, now=now))) if first else set()

    accepted = [event for key, event in first.items() if key in new]
    accepted_reports = {id(event.report) for event in accepted}
    others = [event for event in events if id(event.report) not in accepted_reports]
    results = {id(event.report): Result(event.report.request_id, "accepted") for event in accepted}
    return results | _compare(others, reporter, now=now)


def _compare(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[int, Result]:
    """Tell duplicates from conflicts, and keep the conflicts."""
    if not events:
        return {}

    stored = {row[:2]: row[2] for row in sql.fetch_tuples(FIRST_BODY, sql.columns(e.key for e in events))}
    conflicts = [event for event in events if stored[event.key] != event.fingerprint]
    if conflicts:
        payloads = [Jsonb(event.report.payload) for event in conflicts]
        prints = [event.fingerprint for event in conflicts]
        sql.run(
            KEEP_CONFLICTS,
            [reporter.gateway_id, now, *sql.columns(e.key for e in conflicts), payloads, prints],
        )
    conflicting = {id(event.report) for event in conflicts}
    return {
        id(event.report): Result(
            event.report.request_id, "conflict" if id(event.report) in conflicting else "duplicate"
        )
        for event in events
    }


def _quarantine(refused: Sequence[Refused], reporter: Reporter, *, now: datetime) -> None:
    if not refused:
        return

    table = [
        (r.report.request_id, r.code, r.detail, Jsonb(r.report.payload), r.report.fingerprint())
        for r in refused
    ]
    sql.run(QUARANTINE, [reporter.gateway_id, reporter.may_be_unheld, now, *sql.columns(table)])


def _columns(events: Sequence[Identified], reporter: Reporter, *, now: datetime) -> dict[str, Any]:
    table = [
        (
            *event.key,
            event.api_key_id,
            event.model_id,
            *event.report.counts,
            event.report.outcome,
            event.report.evidence,
            event.report.reported_cost_nanos,
            event.report.upstream_request_id,
            event.report.first_byte_ms,
            event.report.duration_ms,
            event.fingerprint,
        )
        for event in events
    ]
    ids = [event.report.request_id for event in events]
    return {
        **dict(zip(INSERTED, sql.columns(table), strict=True)),
        "gateway_id": reporter.gateway_id,
        "now": now,
        "first": min(ids),
        "last": max(ids),
    }
