"""Counters of limited keys against daily totals, open holds and the keys themselves."""

from usage.audit.invariant import Invariant

SPENT = """
    select counter.customer_id, counter.api_key_id, counter.period_start, counter.spent_nanos,
           coalesce(daily.nanos, 0) as daily_nanos
      from key_spend counter
      left join lateral (select sum(usage_daily.amount_nanos) as nanos
                           from api_key
                           join usage_daily
                             on usage_daily.customer_id = api_key.customer_id
                                and usage_daily.api_key_id = api_key.id
                          where api_key.customer_id = counter.customer_id
                            and api_key.first_key_id = counter.api_key_id
                            and usage_daily.day_date >= counter.period_start) as daily on true
     where counter.spent_nanos is distinct from coalesce(daily.nanos, 0)
"""

# A hold of a period that is over counts no more; one of a period to come would be missing later.
HELD = """
    with running as (
        select api_key.customer_id, api_key.first_key_id as api_key_id, api_key.limit_nanos,
               hold.key_period_start, hold.amount_nanos, hold.request_id
          from hold
          join api_key on api_key.customer_id = hold.customer_id and api_key.id = hold.api_key_id
         where hold.state = 'open'
    )
    select counter.customer_id, counter.api_key_id, counter.held_nanos,
           coalesce(counted.nanos, 0) as open_holds_nanos
      from key_spend counter
      left join lateral (select sum(amount_nanos) as nanos
                           from running
                          where running.customer_id = counter.customer_id
                            and running.api_key_id = counter.api_key_id
                            and running.key_period_start = counter.period_start) as counted on true
     where counter.held_nanos is distinct from coalesce(counted.nanos, 0)
     union all
    select running.customer_id, running.api_key_id, null, running.amount_nanos
      from running
      join key_spend counter using (customer_id, api_key_id)
     where running.key_period_start is null or running.key_period_start > counter.period_start
     union all
    select customer_id, api_key_id, null, amount_nanos
      from running
     where limit_nanos is null and key_period_start is not null
"""

LIMITED = """
    select api_key.customer_id, api_key.id as api_key_id, api_key.limit_nanos, api_key.limit_period,
           first_key.limit_nanos as line_limit_nanos, counter.period_start
      from api_key
      left join api_key first_key
        on first_key.customer_id = api_key.customer_id and first_key.id = api_key.first_key_id
      left join key_spend counter
        on counter.customer_id = api_key.customer_id and counter.api_key_id = api_key.first_key_id
     where first_key.id is null
        or first_key.first_key_id <> first_key.id
        or (api_key.limit_nanos, api_key.limit_period)
           is distinct from (first_key.limit_nanos, first_key.limit_period)
        or (api_key.limit_nanos is null) <> (counter.period_start is null)
        or case api_key.limit_period
               when 'week' then extract(isodow from counter.period_start) <> 1
               when 'month' then extract(day from counter.period_start) <> 1
               when 'total' then counter.period_start <> date '1970-01-01'
               else false
           end
     union all
    select counter.customer_id, counter.api_key_id, null, null, null, counter.period_start
      from key_spend counter
      left join api_key on api_key.customer_id = counter.customer_id and api_key.id = counter.api_key_id
     where api_key.id is null or api_key.first_key_id <> api_key.id
"""

CUT_OFF = """
    select counter.customer_id, counter.api_key_id, counter.spent_nanos, api_key.limit_nanos,
           counter.cut_off_at
      from key_spend counter
      join api_key on api_key.customer_id = counter.customer_id and api_key.id = counter.api_key_id
     where (counter.cut_off_at is not null)
           <> (api_key.limit_nanos - greatest(counter.spent_nanos, 0) < %(cut_off_below)s)
"""

INVARIANTS = (
    Invariant("limits_count_spending", "What a limit counts as spent is its key's daily totals.", SPENT),
    Invariant("limits_count_open_holds", "What a limit counts as held is its key's open holds.", HELD),
    Invariant("limited_keys_have_counters", "Each line of limited keys has one limit and counter.", LIMITED),
    Invariant("key_cut_off_follows_rule", "A key is cut off alone exactly when its limit is spent.", CUT_OFF),
)
