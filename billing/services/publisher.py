"""Publishing key states: outbox rows become positioned events, and events become cache entries and a wake-up.

One publisher at a time gives out positions, so that a reader's cursor never skips an event that commits late.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from psycopg.types.json import Jsonb

from billing import sql, valkey
from billing.services import key_states

log = structlog.get_logger()

ADVISORY_LOCK = 0x6B657973  # "keys"
BATCH = 500
FORGET_BATCH = 5000
KEEP_EVENTS = timedelta(days=7)
KEEP_CACHED = timedelta(days=30)

CLAIM = """
    delete from outbox
     where id = any (array(select id from outbox order by id limit %s))
 returning customer_id
"""

POSITION = """
    insert into key_event (position, key_digest, state, created_at)
    select (select coalesce(max(position), 0) from key_event) + ordinal, digest, state, %s::timestamptz
      from unnest(%s::bytea[], %s::jsonb[]) with ordinality as published (digest, state, ordinal)
"""

NOT_CACHED = "select position, state from key_event where cached_at is null order by position limit %s"
CACHED = "update key_event set cached_at = %s where position = any(%s::bigint[])"
FORGET = """
    delete from key_event
     where position = any (array(
           select position
             from key_event
            where created_at < %s and cached_at is not null
              and position < (select max(position) from key_event)
            order by created_at
            limit %s))
"""

# Two publishers, or one that was interrupted, may write the same events again: only a higher version counts.
KEEP_HIGHEST = """
local held = redis.call('get', KEYS[1])
if held and cjson.decode(held)['state_version'] >= tonumber(ARGV[2]) then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[3])
return 1
"""


def publish(*, now: datetime) -> int:
    """Publish all that waits and return how many states were cached."""
    while _position_batch(now=now):
        continue

    cached = 0
    while batch := _cache_batch(now=now):
        cached += batch
    return cached


def _position_batch(*, now: datetime) -> int:
    """Give positions to the states of a batch of outbox rows; 0 where none wait or another publisher runs."""
    with transaction.atomic():
        if not sql.fetch("select pg_try_advisory_xact_lock(%s) as mine", [ADVISORY_LOCK])[0].mine:
            return 0
        claimed = sql.fetch(CLAIM, [BATCH])
        customers = sorted({row.customer_id for row in claimed})
        states = key_states.of_customers(customers, now=now)
        sql.run(
            POSITION,
            [now, [bytes.fromhex(s.key_digest) for s in states], [Jsonb(s.as_json()) for s in states]],
        )
    return len(claimed)


def _cache_batch(*, now: datetime) -> int:
    events = sql.fetch(NOT_CACHED, [BATCH])
    if events:
        _cache([event.state for event in events])
        sql.run(CACHED, [now, [event.position for event in events]])
    return len(events)


def _cache(states: list[dict[str, Any]]) -> None:
    client = valkey.client()
    keep_highest = client.register_script(KEEP_HIGHEST)
    with client.pipeline(transaction=False) as pipeline:
        for state in states:
            keep_highest(
                keys=[valkey.key_state(state["key_digest"])],
                args=[json.dumps(state), state["state_version"], int(KEEP_CACHED.total_seconds())],
                client=pipeline,
            )
        pipeline.publish(valkey.KEY_EVENTS_CHANNEL, "new")
        pipeline.execute()


def forget_events(*, now: datetime) -> int:
    """Delete events that are older than a week; the newest stays, because it holds the position."""
    forgotten = 0
    while batch := sql.run(FORGET, [now - KEEP_EVENTS, FORGET_BATCH]):
        forgotten += batch
    return forgotten
