"""Charges against the price formula, the journal and the daily totals."""

from usage.audit.formula import NANOS, PICOS, PRICES
from usage.audit.invariant import Invariant

# A correcting charge holds differences, so a request is rated together with its corrections.
FORMULA = f"""
    with price as ({PRICES}), used as (
        select customer_id, coalesce(corrects, request_id) as request_id, price_version_id,
               sum(amount_nanos) as amount_nanos, sum(input) as input, sum(output) as output,
               sum(cache_read) as cache_read, sum(cache_write_5m) as cache_write_5m,
               sum(cache_write_1h) as cache_write_1h, sum(web_search) as web_search
          from charge
         group by customer_id, coalesce(corrects, request_id), price_version_id
    ), rated as (
        select used.customer_id, used.request_id, used.price_version_id, used.amount_nanos, {PICOS} as picos
          from used
          left join price on price.price_version_id = used.price_version_id
    ), rounded as (
        select customer_id, request_id, price_version_id, amount_nanos, {NANOS} as formula_nanos from rated
    )
    select * from rounded where amount_nanos is distinct from formula_nanos
"""

PRICE_OF_MODEL = """
    select charge.customer_id, charge.request_id, charge.language_model_id, charge.price_version_id
      from charge
      left join price_version on price_version.id = charge.price_version_id
     where price_version.model_id is distinct from charge.language_model_id
"""

# A hold that a gateway places for a request that was charged already pins nothing any more.
PRICE_OF_HOLD = """
    select charge.customer_id, charge.request_id, charge.price_version_id,
           hold.price_version_id as hold_price_version_id
      from charge
      join hold on hold.customer_id = charge.customer_id and hold.request_id = charge.request_id
     where hold.state <> 'refused'
       and hold.language_model_id = charge.language_model_id
       and hold.price_version_id <> charge.price_version_id
       and hold.placed_at <= charge.charged_at
       and charge.corrects is null
"""

PRICE_IN_FORCE = """
    select charge.customer_id, charge.request_id, charge.price_version_id, dated.id as in_force_id
      from charge
      left join hold
        on hold.customer_id = charge.customer_id and hold.request_id = charge.request_id
           and hold.state <> 'refused' and hold.language_model_id = charge.language_model_id
      left join lateral (select id
                           from price_version
                          where model_id = charge.language_model_id
                            and effective_at <= uuid_extract_timestamp(charge.request_id)
                          order by effective_at desc
                          limit 1) as dated on true
     where hold.request_id is null
       and charge.corrects is null
       and dated.id is distinct from charge.price_version_id
"""

REVENUE = """
    select customer_id, ledger_transaction_id, coalesce(charged.nanos, 0) as charged_nanos,
           coalesce(journal.nanos, 0) as journal_nanos
      from (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
              from charge
             group by customer_id, ledger_transaction_id) as charged
      full join (select customer_id, ledger_transaction_id,
                        sum(case credit_account when %(revenue_usage)s then amount_nanos
                            else -amount_nanos end) as nanos
                   from transfer
                  where %(revenue_usage)s in (debit_account, credit_account)
                  group by customer_id, ledger_transaction_id) as journal
     using (customer_id, ledger_transaction_id)
     where coalesce(charged.nanos, 0) <> coalesce(journal.nanos, 0)
"""

TRANSACTION = """
    select charge.customer_id, charge.request_id, charge.ledger_transaction_id, ledger.kind
      from charge
      left join ledger_transaction ledger
        on ledger.customer_id = charge.customer_id and ledger.id = charge.ledger_transaction_id
     where ledger.kind is distinct from case when charge.corrects is null then 'usage' else 'correction' end
"""

USAGE_HAS_CHARGES = """
    select ledger.customer_id, ledger.id as ledger_transaction_id
      from ledger_transaction ledger
      left join (select distinct customer_id, ledger_transaction_id from charge) as charged
        on charged.customer_id = ledger.customer_id and charged.ledger_transaction_id = ledger.id
     where ledger.kind in ('usage', 'correction') and charged.customer_id is null
"""

OWN_KEY = """
    select charge.customer_id, charge.request_id, charge.api_key_id
      from charge
      left join api_key on api_key.id = charge.api_key_id
     where api_key.customer_id is distinct from charge.customer_id
"""

DAILY = """
    select customer_id, api_key_id, language_model_id, day_date, daily.requests, daily.amount_nanos,
           charged.requests as charged_requests, charged.amount_nanos as charged_nanos
      from usage_daily daily
      full join (select customer_id, api_key_id, language_model_id,
                        (uuid_extract_timestamp(request_id) at time zone 'UTC')::date as day_date,
                        count(*) filter (where corrects is null) as requests,
                        coalesce(sum(input), 0) as input,
                        coalesce(sum(output), 0) as output, coalesce(sum(cache_read), 0) as cache_read,
                        coalesce(sum(cache_write_5m), 0) as cache_write_5m,
                        coalesce(sum(cache_write_1h), 0) as cache_write_1h,
                        coalesce(sum(web_search), 0) as web_search, sum(amount_nanos) as amount_nanos
                   from charge
                  group by 1, 2, 3, 4) as charged
     using (customer_id, api_key_id, language_model_id, day_date)
     where (daily.requests, daily.input, daily.output, daily.cache_read, daily.cache_write_5m,
            daily.cache_write_1h, daily.web_search, daily.amount_nanos)
           is distinct from
           (charged.requests, charged.input, charged.output, charged.cache_read, charged.cache_write_5m,
            charged.cache_write_1h, charged.web_search, charged.amount_nanos)
"""

CORRECTS = """
    select charge.customer_id, charge.request_id, charge.corrects, original.corrects as corrects_too
      from charge
      left join charge original
        on original.customer_id = charge.customer_id and original.request_id = charge.corrects
     where charge.corrects is not null
       and (original.corrects is not null
            or (original.api_key_id, original.gateway_id, original.language_model_id)
               is distinct from (charge.api_key_id, charge.gateway_id, charge.language_model_id))
"""

VERDICTS = """
    select conflict.id as conflict_id, conflict.customer_id, conflict.request_id, conflict.corrected_by
      from usage_conflict conflict
      left join charge
        on charge.customer_id = conflict.customer_id and charge.request_id = conflict.corrected_by
           and charge.corrects = conflict.request_id and charge.fingerprint = conflict.fingerprint
     where conflict.verdict = 'corrected' and charge.request_id is null
"""

INVARIANTS = (
    Invariant("charges_follow_formula", "Every charge is the price formula's, to the nano.", FORMULA),
    Invariant("prices_are_of_the_model", "A charge was rated with a price of its own model.", PRICE_OF_MODEL),
    Invariant("prices_are_pinned", "A charge with a hold was rated with the hold's price.", PRICE_OF_HOLD),
    Invariant(
        "prices_were_in_force", "A charge without a hold was rated at its request's time.", PRICE_IN_FORCE
    ),
    Invariant(
        "charges_are_revenue", "A transaction's charges are what it credits to revenue:usage.", REVENUE
    ),
    Invariant("charges_belong", "A charge belongs to a transaction of its kind and customer.", TRANSACTION),
    Invariant("usage_has_charges", "Every transaction for charges has some.", USAGE_HAS_CHARGES),
    Invariant("charges_are_by_own_keys", "A charge is for a key of its customer.", OWN_KEY),
    Invariant("corrections_have_originals", "A correction is of a charge of its key and model.", CORRECTS),
    Invariant("verdicts_are_charged", "A conflict that corrects a charge has its correction.", VERDICTS),
    Invariant("daily_totals_are_charges", "Daily totals equal the charges they sum up.", DAILY),
)
