"""The SQL that finds what gateways and books do not agree on: one branch for each kind of discrepancy.

`scope` are spans of request ids, so that partitions prune. A correction stands in the millisecond of what it
corrects, so a span has a request always with all its corrections.
"""

from usage.audit.formula import NANOS, PICOS, PRICES

# What is charged for each request in all, by the formula and in the books, and what it reports.
REQUESTS = f"""
    scope as materialized (
        select * from unnest(%(firsts)s::uuid[], %(lasts)s::uuid[]) as scope (first, last)
    ), price as ({PRICES}), charged as materialized (
        select charge.*, coalesce(charge.corrects, charge.request_id) as original_id
          from scope
          join charge on charge.request_id between scope.first and scope.last
         where charge.request_id between %(first)s and %(last)s
    ), used as (
        select customer_id, original_id, price_version_id, sum(amount_nanos) as amount_nanos,
               sum(input) as input, sum(output) as output, sum(cache_read) as cache_read,
               sum(cache_write_5m) as cache_write_5m, sum(cache_write_1h) as cache_write_1h,
               sum(web_search) as web_search
          from charged
         group by customer_id, original_id, price_version_id
    ), exact as (
        select used.*, {PICOS} as picos,
               (used.input > 0 and price.input is null) or (used.output > 0 and price.output is null)
               or (used.cache_read > 0 and coalesce(price.cache_read, price.input) is null)
               or (used.cache_write_5m > 0 and coalesce(price.cache_write_5m, price.input) is null)
               or (used.cache_write_1h > 0 and coalesce(price.cache_write_1h, price.input) is null)
               or (used.web_search > 0 and price.web_search is null) as is_unpriced
          from used
          left join price on price.price_version_id = used.price_version_id
    ), rated as (
        select exact.*, {NANOS} as formula_nanos from exact
    ), told as (
        select customer_id, original_id, min(gateway_id) as gateway_id,
               min(language_model_id) as language_model_id, max(hold_amount_nanos) as hold_amount_nanos,
               (array_agg(reported_cost_nanos order by corrects is null, charged_at desc))[1]
                   as reported_cost_nanos
          from charged
         group by customer_id, original_id
    ), request as materialized (
        select customer_id, original_id as request_id, told.gateway_id, told.language_model_id,
               told.hold_amount_nanos, told.reported_cost_nanos, total.charged_nanos, total.formula_nanos,
               total.is_unpriced, total.differs, total.input_total, total.output_total,
               total.web_search_total
          from told
          join (select customer_id, original_id, sum(amount_nanos) as charged_nanos,
                       sum(formula_nanos) as formula_nanos, bool_or(is_unpriced) as is_unpriced,
                       bool_or(amount_nanos <> formula_nanos) as differs,
                       coalesce(sum(input), 0) + coalesce(sum(cache_read), 0)
                       + coalesce(sum(cache_write_5m), 0) + coalesce(sum(cache_write_1h), 0) as input_total,
                       sum(output) as output_total, sum(web_search) as web_search_total
                  from rated
                 group by customer_id, original_id) as total using (customer_id, original_id)
    )
"""

# Usage that waits or is in quarantine came in time: it is listed there, or not at all.
HOLD_WITHOUT_USAGE = """
    select 'hold_without_usage' as kind, hold.customer_id, hold.request_id, 0::bigint as subject_id,
           hold.gateway_id, hold.language_model_id, hold.amount_nanos::numeric as amount_nanos
      from scope
      join hold on hold.request_id between scope.first and scope.last
     where hold.request_id between %(first)s and %(last)s and hold.state = 'expired'
       and not exists (select from charge
                        where charge.customer_id = hold.customer_id and charge.request_id = hold.request_id)
       and not exists (select from usage_event event
                        where event.customer_id = hold.customer_id and event.request_id = hold.request_id)
       and not exists (select from quarantined_event quarantined
                        where quarantined.request_id = hold.request_id
                          and quarantined.gateway_id = hold.gateway_id and quarantined.resolved_at is null)
"""

USAGE_WITHOUT_HOLD = """
    select 'usage_without_hold', customer_id, request_id, 0, gateway_id, language_model_id, charged_nanos
      from request
     where hold_amount_nanos is null
"""

# The amount is what the hold had not set aside: nothing where its price covered dearer usage within bounds.
ABOVE_BOUNDS = """
    select 'above_bounds', request.customer_id, request.request_id, 0, request.gateway_id,
           request.language_model_id, greatest(request.charged_nanos - hold.amount_nanos, 0)
      from request
      join hold on hold.customer_id = request.customer_id and hold.request_id = request.request_id
     where hold.request_id between %(first)s and %(last)s and hold.state <> 'refused'
       and (request.input_total > hold.bound_input + hold.bound_web_search::bigint * %(input_per_search)s
            or request.output_total > hold.bound_output
            or request.web_search_total > hold.bound_web_search)
"""

REPORTED_COST_DIFFERS = """
    select 'reported_cost_differs', customer_id, request_id, 0, gateway_id, language_model_id,
           abs(formula_nanos - reported_cost_nanos)
      from request
     where reported_cost_nanos <> formula_nanos
"""

CHARGE_DIFFERS = """
    select 'charge_differs', customer_id, request_id, 0, gateway_id, language_model_id,
           abs(formula_nanos - charged_nanos)
      from request
     where differs
"""

METER_NOT_PRICED = """
    select 'meter_not_priced', customer_id, request_id, 0, gateway_id, language_model_id, null
      from request
     where is_unpriced
"""

# Conflicts and quarantined events are few and may come for requests of any time: all that are open count.
CONFLICT = f"""
    select 'conflict', used.customer_id, used.request_id, used.id, used.gateway_id, used.language_model_id,
           case when charge.language_model_id = used.language_model_id
                then abs({NANOS.replace("picos", "rated.picos")} - charge.amount_nanos) end
      from usage_conflict used
      left join charge on charge.customer_id = used.customer_id and charge.request_id = used.request_id
      left join price on price.price_version_id = charge.price_version_id
     cross join lateral (select {PICOS} as picos) as rated
     where (used.verdict is null or used.verdict = 'left') and used.received_at < %(until)s
"""

QUARANTINED = """
    select 'quarantined', null, event.request_id, event.id, event.gateway_id, model.id, null
      from quarantined_event event
      left join language_model model
        on model.slug = event.payload->>'model' or model.id::text = event.payload->>'language_model_id'
     where event.resolved_at is null and event.received_at < %(until)s
"""

FOUND = " union all ".join(
    (
        HOLD_WITHOUT_USAGE,
        USAGE_WITHOUT_HOLD,
        ABOVE_BOUNDS,
        REPORTED_COST_DIFFERS,
        CHARGE_DIFFERS,
        METER_NOT_PRICED,
        CONFLICT,
        QUARANTINED,
    )
)

# What is found opens, again too where it had gone by itself; what was open and is not found any more is gone:
# `scope` has the request of everything that is open.
RECONCILE = f"""
    with {REQUESTS}, found as materialized ({FOUND}), opened as (
        insert into discrepancy (kind, customer_id, request_id, subject_id, gateway_id, language_model_id,
                                 amount_nanos, found_in_id, found_at, resolution)
        select kind, customer_id, request_id, subject_id, gateway_id, language_model_id, amount_nanos::bigint,
               %(run_id)s, %(now)s, ''
          from found
         order by kind, customer_id, request_id, subject_id
            on conflict (kind, customer_id, request_id, subject_id) do update
           set amount_nanos = excluded.amount_nanos, found_in_id = excluded.found_in_id,
               found_at = excluded.found_at, resolved_at = null, resolution = ''
         where discrepancy.resolved_by_id is null
           and (discrepancy.resolved_at is not null
                or discrepancy.amount_nanos is distinct from excluded.amount_nanos)
    ), gone as (
        update discrepancy
           set resolved_at = %(now)s, resolution = %(gone)s
         where resolved_at is null
           and not exists (select from found
                            where found.kind = discrepancy.kind
                              and found.request_id = discrepancy.request_id
                              and found.subject_id = discrepancy.subject_id
                              and found.customer_id is not distinct from discrepancy.customer_id)
    )
    select kind, count(*) from found group by kind
"""
