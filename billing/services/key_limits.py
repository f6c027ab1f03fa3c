"""Spending limits of keys: set, changed and cleared under the wallet's lock, with what counts already.

A limit belongs to the line of a key and those rotated into it, which spend it together.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ApiKey, Customer, LimitPeriod
from accounts.services import api_keys
from billing import limit_periods, sql
from billing.errors import Unacceptable
from billing.ledger.book import Book

MOST_NANOS = 1_000_000 * 10**9

# A gateway's clock may be ahead, so that usage of the next period is there before it begins.
LATEST_DAY = """
    select max(day_date) as day
      from usage_daily
     where customer_id = %s and api_key_id = any(%s::uuid[])
"""

SPENT = """
    select coalesce(sum(amount_nanos), 0)::bigint as nanos
      from usage_daily
     where customer_id = %s and api_key_id = any(%s::uuid[]) and day_date >= %s
"""

COUNT_HOLDS = """
    update hold
       set key_period_start = %s
     where customer_id = %s and api_key_id = any(%s::uuid[]) and state = 'open'
 returning amount_nanos
"""

START_COUNTER = """
    insert into key_spend (customer_id, api_key_id, period_start, spent_nanos, held_nanos)
    values (%s, %s, %s, %s, %s)
        on conflict (customer_id, api_key_id) do update
       set period_start = excluded.period_start, spent_nanos = excluded.spent_nanos,
           held_nanos = excluded.held_nanos
"""

STOP_COUNTER = "delete from key_spend where customer_id = %s and api_key_id = %s"


def set_limit(
    *, customer: Customer, api_key_id: UUID, limit_nanos: int, period: str, now: datetime
) -> ApiKey:
    """Let the key and its line spend `limit_nanos` in each `period` (day, week, month or total).

    Takes effect at once: what the line spent since the period began counts, and so do its open holds. Raises
    `Unacceptable`, and `accounts.errors.UnknownKey`.
    """
    if not 0 <= limit_nanos <= MOST_NANOS:
        raise Unacceptable("must be between 0 and 1,000,000", field="limit")
    if period not in LimitPeriod.values:
        raise Unacceptable(f"must be one of {', '.join(LimitPeriod.values)}", field="period")
    kind = LimitPeriod(period)

    with transaction.atomic():
        book = Book.lock([customer.id], now=now)
        line = api_keys.limit(customer=customer, api_key_id=api_key_id, limit_nanos=limit_nanos, period=kind)
        _start_counter(line, kind, now=now)
        book.judge_keys()
        book.touch_keys(customer.id)
        book.save()
    return _named(line, api_key_id)


def clear_limit(*, customer: Customer, api_key_id: UUID, now: datetime) -> ApiKey:
    """Let the key and its line spend what the wallet has; a key without a limit stays as it is."""
    with transaction.atomic():
        book = Book.lock([customer.id], now=now)
        line = api_keys.limit(customer=customer, api_key_id=api_key_id, limit_nanos=None, period=None)
        _count_holds(line, None)
        sql.run(STOP_COUNTER, [customer.id, line[0].first_key_id])
        book.touch_keys(customer.id)
        book.save()
    return _named(line, api_key_id)


def _start_counter(line: Sequence[ApiKey], period: LimitPeriod, *, now: datetime) -> None:
    customer_id, ids = line[0].customer_id, [key.id for key in line]
    latest = sql.fetch(LATEST_DAY, [customer_id, ids])[0].day or now.date()
    start = limit_periods.start_of(period, max(latest, now.date()))
    spent = sql.fetch(SPENT, [customer_id, ids, start])[0].nanos
    held = _count_holds(line, start)
    sql.run(START_COUNTER, [customer_id, line[0].first_key_id, start, spent, held])


def _count_holds(line: Sequence[ApiKey], period_start: date | None) -> int:
    """Count the line's open holds in this period, or in none, and return their nanos."""
    ids = [key.id for key in line]
    holds = sql.fetch_tuples(COUNT_HOLDS, [period_start, line[0].customer_id, ids])
    return sum(amount for (amount,) in holds)


def _named(line: Sequence[ApiKey], api_key_id: UUID) -> ApiKey:
    return next(key for key in line if key.id == api_key_id)
