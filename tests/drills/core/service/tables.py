"""One statement that reads all tables that a history may change, in the order of the model's rows."""

# Milliseconds since 1970.
MS = "(extract(epoch from {0}) * 1000)::bigint"

WALLETS = f"""
    select json_build_array(customer_id, balance_nanos, held_nanos, debt_nanos, {MS.format("cut_off_at")},
                            state_version, waits, state)
      from wallet
      join customer on customer.id = customer_id
     cross join lateral (select count(*) as waits
                           from outbox
                          where outbox.customer_id = customer.id) as waiting
"""
LOTS = f"""
    select json_build_array(customer_id, kind, amount_nanos, remaining_nanos, {MS.format("expires_at")})
      from credit_lot
     order by created_at, id
"""
HOLDS = f"""
    select json_build_array(customer_id, request_id, gateway_id, api_key_id, language_model_id,
                            price_version_id, state, refusal, amount_nanos, available_nanos, bound_input,
                            bound_output, bound_web_search, {MS.format("placed_at")},
                            {MS.format("expires_at")}, {MS.format("ended_at")},
                            {MS.format("resumes_at")}, key_period_start - date '1970-01-01')
      from hold
"""
CHARGES = """
    select json_build_array(customer_id, coalesce(corrects, request_id), gateway_id, api_key_id,
                            language_model_id, price_version_id, amount_nanos, hold_amount_nanos, unpriced,
                            corrects is not null)
      from charge
"""
DEBTS = """
    select json_build_array(debt.customer_id, coalesce(charge.corrects, debt.request_id), debt.amount_nanos,
                            cause, debt.gateway_id)
      from debt
      left join charge on charge.customer_id = debt.customer_id and charge.request_id = debt.request_id
"""
DAILY = """
    select json_build_array(customer_id, api_key_id, language_model_id, day_date - date '1970-01-01',
                            requests, input, output, cache_read, cache_write_5m, cache_write_1h, web_search,
                            amount_nanos)
      from usage_daily
"""
INBOX = "select json_build_array(customer_id, request_id, gateway_id) from usage_event"
QUARANTINE = "select json_build_array(request_id, gateway_id, code, resolution) from quarantined_event"
CONFLICTS = "select json_build_array(customer_id, request_id, gateway_id, verdict) from usage_conflict"
COUNTERS = f"""
    select json_build_array(api_key_id, period_start - date '1970-01-01', spent_nanos, held_nanos,
                            {MS.format("cut_off_at")})
      from key_spend
"""
JOURNAL = """
    select json_build_array(posted.customer_id, kind, debit_account, credit_account, sum(amount_nanos))
      from transfer
      join ledger_transaction posted
        on posted.customer_id = transfer.customer_id and posted.id = transfer.ledger_transaction_id
     group by posted.customer_id, kind, debit_account, credit_account
"""
TABLES = {
    "wallets": WALLETS,
    "lots": LOTS,
    "holds": HOLDS,
    "charges": CHARGES,
    "debts": DEBTS,
    "daily": DAILY,
    "inbox": INBOX,
    "quarantine": QUARANTINE,
    "conflicts": CONFLICTS,
    "journal": JOURNAL,
    "counters": COUNTERS,
}
ALL = "select " + ", ".join(
    f"(select coalesce(json_agg(line), '[]') from ({rows}) as row (line)) as {name}"
    for name, rows in TABLES.items()
)
