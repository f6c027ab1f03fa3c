"""A past in minutes: settled requests of the past month, written in bulk, whose books the audit accepts."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bench import work
from billing import sql
from billing.services.holds import terms
from catalog.rating import rate

DAYS = 30
STEP = 100_000
# Requests of one customer that were settled together.
TOGETHER = 5
# Counts and what they cost, by the one formula; requests draw from them.
KINDS = 997

CHARGED = """
    with person as materialized (
        select api_key.customer_id, api_key.id as api_key_id, wallet.balance_nanos, wallet.last_seq,
               row_number() over (order by api_key.customer_id) - 1 as number, count(*) over () as people
          from api_key join wallet on wallet.customer_id = api_key.customer_id
    ), kind as materialized (
        select * from unnest(%(input)s::int[], %(output)s::int[], %(amount)s::bigint[])
                      with ordinality as kind (input, output, amount_nanos, number)
    ), batch as materialized (
        select batch, person.*, uuidv7() as ledger_transaction_id
          from generate_series(1, %(count)s / %(together)s) as batch
          join person on person.number = (batch * 7919 + %(step)s) %% people
    ), request as materialized (
        select batch.*, kind.input, kind.output, kind.amount_nanos,
               uuidv7(-%(days)s * random() * interval '1 day' - interval '1 hour') as request_id
          from batch
         cross join generate_series(1, %(together)s) as nth
          join kind on kind.number = 1 + (batch.batch * %(together)s + nth) %% %(kinds)s
    ), posted as (
        insert into ledger_transaction (customer_id, id, kind, reason, posted_at)
        select customer_id, ledger_transaction_id, 'usage', '', %(now)s from batch
    ), spent as materialized (
        select customer_id, ledger_transaction_id, sum(amount_nanos)::bigint as nanos,
               min(balance_nanos) as balance, min(last_seq) as last_seq, min(batch) as batch
          from request group by customer_id, ledger_transaction_id
    ), moved as (
        insert into transfer (customer_id, ledger_transaction_id, position, debit_account, credit_account,
                              amount_nanos, wallet_seq, balance_after_nanos)
        select customer_id, ledger_transaction_id, 0, 101, 131, nanos,
               last_seq + row_number() over one, balance - sum(nanos) over one
          from spent window one as (partition by customer_id order by batch rows unbounded preceding)
    ), taken as materialized (
        select customer_id, sum(nanos)::bigint as nanos, count(*) as transfers from spent group by customer_id
    ), debited as (
        update wallet set balance_nanos = balance_nanos - taken.nanos, last_seq = last_seq + taken.transfers
          from taken where wallet.customer_id = taken.customer_id
    ), lot as materialized (
        select distinct on (customer_id) customer_id, id
          from credit_lot order by customer_id, remaining_nanos desc
    ), given as (
        update credit_lot set remaining_nanos = remaining_nanos - taken.nanos
          from taken join lot on lot.customer_id = taken.customer_id
         where credit_lot.customer_id = lot.customer_id and credit_lot.id = lot.id
    ), lots_moved as (
        insert into lot_movement (customer_id, lot_id, ledger_transaction_id, amount_nanos)
        select spent.customer_id, lot.id, spent.ledger_transaction_id, -spent.nanos
          from spent join lot on lot.customer_id = spent.customer_id
    ), held as (
        insert into hold (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                          price_version_id, state, amount_nanos, available_nanos, bound_input, bound_output,
                          bound_web_search, placed_at, expires_at, ended_at, end_reason, fingerprint)
        select customer_id, request_id, api_key_id, %(gateway_id)s, %(model_id)s, %(price_version_id)s,
               'settled', %(hold_amount)s, 0, %(bound_input)s, %(bound_output)s, 0,
               uuid_extract_timestamp(request_id), %(now)s, %(now)s, 'usage', sha256(uuid_send(request_id))
          from request
    ), daily as (
        insert into usage_daily (customer_id, api_key_id, language_model_id, day_date, requests, input,
                                 output, cache_read, cache_write_5m, cache_write_1h, web_search, amount_nanos)
        select customer_id, api_key_id, %(model_id)s,
               (uuid_extract_timestamp(request_id) at time zone 'UTC')::date as day_date, count(*),
               sum(input), sum(output), 0, 0, 0, 0, sum(amount_nanos)
          from request group by customer_id, api_key_id, day_date
            on conflict (customer_id, api_key_id, language_model_id, day_date) do update
           set requests = usage_daily.requests + excluded.requests,
               input = usage_daily.input + excluded.input, output = usage_daily.output + excluded.output,
               amount_nanos = usage_daily.amount_nanos + excluded.amount_nanos
    )
    insert into charge (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                        price_version_id, amount_nanos, hold_amount_nanos, received_at, charged_at,
                        ledger_transaction_id, input, output, outcome, evidence, fingerprint)
    select customer_id, request_id, api_key_id, %(gateway_id)s, %(model_id)s, %(price_version_id)s,
           amount_nanos, %(hold_amount)s, uuid_extract_timestamp(request_id), %(now)s, ledger_transaction_id,
           input, output, 'completed', 'reported', sha256(uuid_send(request_id))
      from request
"""


def main(count: str) -> None:
    write(int(count))
    work.analyze()


def write(count: int) -> None:
    """Add `count` charges, each with its settled hold, spread over the customers and the past month."""
    for start in range(0, count, STEP):
        with transaction.atomic():
            work.take_time()
            written = sql.run(CHARGED, _parameters(min(STEP, count - start), start))
            assert written == min(STEP, count - start)


def _parameters(count: int, start: int) -> dict[str, object]:
    price = work.sheet()
    kinds = [(1 + kind % work.BOUNDS.input, 1 + kind % work.BOUNDS.output) for kind in range(KINDS)]
    return {
        "count": count,
        "step": start // TOGETHER,
        "together": TOGETHER,
        "kinds": KINDS,
        "input": sql.array([tokens_in for tokens_in, _ in kinds]),
        "output": sql.array([out for _, out in kinds]),
        "amount": sql.array([rate(price, (*kind, None, None, None, None)) for kind in kinds]),
        "hold_amount": terms.amount(price, work.BOUNDS),
        "bound_input": work.BOUNDS.input,
        "bound_output": work.BOUNDS.output,
        "gateway_id": work.gateway_id(),
        "model_id": price.model_id,
        "price_version_id": price.version_id,
        "days": DAYS,
        "now": timezone.now() - timedelta(minutes=1),
    }
