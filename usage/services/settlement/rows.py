"""Settlement's SQL, but for the charges themselves.

Lock order: inbox rows (skipping locked ones), then the customers' wallets in ascending id (billing.ledger);
holds, charges, daily totals and lots are below the wallets.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from billing import sql
from billing.request_keys import RequestKeys

# In the order of customers: the more events of a customer a batch has, the fewer wallets it has to change.
CLAIM = """
    select customer_id, request_id, gateway_id, language_model_id,
           input, output, cache_read, cache_write_5m, cache_write_1h, web_search
      from usage_event
     where customer_id > %s
     order by customer_id, request_id
     limit %s
       for update skip locked
"""

CLAIM_THESE = """
    select usage_event.customer_id, usage_event.request_id, gateway_id, language_model_id,
           input, output, cache_read, cache_write_5m, cache_write_1h, web_search
      from usage_event
      join unnest(%s::uuid[], %s::uuid[]) as these (customer_id, request_id)
        on these.customer_id = usage_event.customer_id and these.request_id = usage_event.request_id
     order by usage_event.customer_id, usage_event.request_id
       for update of usage_event skip locked
"""

HOLDS = """
    select hold.state, hold.amount_nanos, hold.price_version_id, hold.language_model_id, hold.gateway_id,
           claimed.ordinal
      from unnest(%s::uuid[], %s::uuid[]) with ordinality as claimed (customer_id, request_id, ordinal)
      join hold on hold.customer_id = claimed.customer_id and hold.request_id = claimed.request_id
     where hold.request_id between %s and %s
"""

# An event that met a charge of the same id: another body is kept as a conflict, the same body needs nothing.
KEEP_CONFLICTS = """
    insert into usage_conflict (customer_id, request_id, api_key_id, gateway_id, language_model_id, input,
                                output, cache_read, cache_write_5m, cache_write_1h, web_search, outcome,
                                evidence, reported_cost_nanos, upstream_request_id, first_byte_ms,
                                duration_ms, fingerprint, received_at, payload)
    select event.customer_id, event.request_id, event.api_key_id, event.gateway_id, event.language_model_id,
           event.input, event.output, event.cache_read, event.cache_write_5m, event.cache_write_1h,
           event.web_search, event.outcome, event.evidence, event.reported_cost_nanos,
           event.upstream_request_id, event.first_byte_ms, event.duration_ms, event.fingerprint,
           event.received_at, to_jsonb(event) - 'fingerprint'
      from unnest(%s::uuid[], %s::uuid[]) as repeated (customer_id, request_id)
      join usage_event event
        on event.customer_id = repeated.customer_id and event.request_id = repeated.request_id
      join charge
        on charge.customer_id = event.customer_id and charge.request_id = event.request_id
     where charge.fingerprint <> event.fingerprint
        on conflict do nothing
"""

# An event that was put back from quarantine and fails again is open again.
QUARANTINE = """
    insert into quarantined_event (gateway_id, request_id, code, detail, payload, fingerprint, may_be_unheld,
                                   received_at, resolution)
    select event.gateway_id, event.request_id, failed.code, failed.detail, to_jsonb(event) - 'fingerprint',
           event.fingerprint, true, event.received_at, ''
      from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[])
           as failed (customer_id, request_id, code, detail)
      join usage_event event
        on event.customer_id = failed.customer_id and event.request_id = failed.request_id
        on conflict (request_id, fingerprint, gateway_id) do update
       set code = excluded.code, detail = excluded.detail, resolved_at = null, resolution = ''
"""

EMPTY_INBOX = """
    delete from usage_event
     using unnest(%s::uuid[], %s::uuid[]) as done (customer_id, request_id)
     where usage_event.customer_id = done.customer_id and usage_event.request_id = done.request_id
"""


class Claimed(NamedTuple):
    """What rating needs of an event in the inbox, as `CLAIM` reads it."""

    customer_id: UUID
    request_id: UUID
    gateway_id: int
    language_model_id: int
    input: int | None
    output: int | None
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    web_search: int | None

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.customer_id, self.request_id

    @property
    def counts(self) -> tuple[int | None, ...]:
        """In the order of `catalog.rating.METERS`."""
        return self[4:]


class HeldAt(NamedTuple):
    """The hold of the event at `ordinal`, counted from 1, as it stands under the wallet's lock."""

    state: str
    amount_nanos: int
    price_version_id: int
    language_model_id: int
    gateway_id: int
    ordinal: int


def claim(limit: int, *, after: UUID) -> list[Claimed]:
    """Lock up to `limit` events that no other settler has, in the order of the customers `after` this one."""
    return list(map(Claimed._make, sql.fetch_tuples(CLAIM, [after, limit])))


def claim_these(keys: Sequence[tuple[UUID, UUID]]) -> list[Claimed]:
    """Lock those of `keys` that are still in the inbox and that no other settler has."""
    return list(map(Claimed._make, sql.fetch_tuples(CLAIM_THESE, sql.columns(keys))))


def holds_of(keys: RequestKeys) -> list[HeldAt | None]:
    """The hold of each request, in the same order."""
    found: list[HeldAt | None] = [None] * len(keys)
    for hold in map(HeldAt._make, sql.fetch_tuples(HOLDS, [*keys.columns, *keys.span])):
        found[hold.ordinal - 1] = hold
    return found


def keep_conflicts(keys: Sequence[tuple[UUID, UUID]]) -> None:
    if keys:
        sql.run(KEEP_CONFLICTS, sql.columns(keys))


def quarantine(failed: Sequence[tuple[UUID, UUID, str, str]]) -> None:
    """Keep events with the code and detail of what they failed on."""
    if failed:
        sql.run(QUARANTINE, sql.columns(failed))


def empty_inbox(keys: RequestKeys) -> None:
    sql.run(EMPTY_INBOX, keys.columns)
