"""Charges and their daily totals, written in one statement under the wallets' locks.

Exactly once is the charge's primary key.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from billing import sql
from billing.request_keys import RequestKeys

CHARGE = """
    with rated as (
        select *
          from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[],
                      %s::text[])
               as rated (customer_id, request_id, ledger_transaction_id, price_version_id, amount_nanos,
                         hold_amount_nanos, unpriced)
    ), inserted as (
        insert into charge (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                            price_version_id, input, output, cache_read, cache_write_5m, cache_write_1h,
                            web_search, outcome, evidence, reported_cost_nanos, upstream_request_id,
                            first_byte_ms, duration_ms, fingerprint, received_at, amount_nanos,
                            hold_amount_nanos, unpriced, ledger_transaction_id, charged_at)
        select event.customer_id, event.request_id, event.api_key_id, event.gateway_id,
               event.language_model_id, rated.price_version_id, event.input, event.output,
               event.cache_read, event.cache_write_5m, event.cache_write_1h, event.web_search,
               event.outcome, event.evidence, event.reported_cost_nanos, event.upstream_request_id,
               event.first_byte_ms, event.duration_ms, event.fingerprint, event.received_at,
               rated.amount_nanos, rated.hold_amount_nanos, string_to_array(rated.unpriced, ','),
               rated.ledger_transaction_id, %s
          from rated
          join usage_event event
            on event.customer_id = rated.customer_id and event.request_id = rated.request_id
            on conflict do nothing
     returning customer_id, request_id, api_key_id, language_model_id, amount_nanos,
               input, output, cache_read, cache_write_5m, cache_write_1h, web_search
    ), daily as (
        insert into usage_daily (customer_id, api_key_id, language_model_id, day_date, requests, input,
                                 output, cache_read, cache_write_5m, cache_write_1h, web_search, amount_nanos)
        select customer_id, api_key_id, language_model_id,
               (uuid_extract_timestamp(request_id) at time zone 'UTC')::date as day_date, count(*),
               coalesce(sum(input), 0), coalesce(sum(output), 0), coalesce(sum(cache_read), 0),
               coalesce(sum(cache_write_5m), 0), coalesce(sum(cache_write_1h), 0),
               coalesce(sum(web_search), 0), sum(amount_nanos)
          from inserted
         group by customer_id, api_key_id, language_model_id, day_date
            on conflict (customer_id, api_key_id, language_model_id, day_date) do update
           set requests = usage_daily.requests + excluded.requests,
               input = usage_daily.input + excluded.input,
               output = usage_daily.output + excluded.output,
               cache_read = usage_daily.cache_read + excluded.cache_read,
               cache_write_5m = usage_daily.cache_write_5m + excluded.cache_write_5m,
               cache_write_1h = usage_daily.cache_write_1h + excluded.cache_write_1h,
               web_search = usage_daily.web_search + excluded.web_search,
               amount_nanos = usage_daily.amount_nanos + excluded.amount_nanos
    )
    select count(*) from inserted
"""

# Requests are hardly ever charged already, and to look for each before it is inserted costs a fifth of all.
CHARGE_UNREPEATED = CHARGE.replace("            on conflict do nothing\n", "", 1)

# The ledger transaction is this batch's own, so that it tells new charges from those that were there.
NEW = """
    select rated.ordinal
      from unnest(%s::uuid[], %s::uuid[], %s::uuid[]) with ordinality
           as rated (customer_id, request_id, ledger_transaction_id, ordinal)
      join charge on charge.customer_id = rated.customer_id and charge.request_id = rated.request_id
     where charge.request_id between %s and %s
       and charge.ledger_transaction_id = rated.ledger_transaction_id
"""


def insert(keys: RequestKeys, rated: Sequence[object], *, now: datetime) -> Collection[int]:
    """Insert charges and their daily totals, and return the positions of those that were new.

    `rated` are the other columns of `CHARGE`, the ledger transactions first.
    """
    if not keys:
        return ()

    columns = [*keys.columns, *rated]
    try:
        with transaction.atomic():
            inserted = sql.fetch_tuples(CHARGE_UNREPEATED, [*columns, now])[0][0]
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
    else:
        assert inserted == len(keys), "every claimed event is in the inbox"
        return range(inserted)

    sql.run(CHARGE, [*columns, now])
    return {ordinal - 1 for (ordinal,) in sql.fetch_tuples(NEW, [*keys.columns, rated[0], *keys.span])}
