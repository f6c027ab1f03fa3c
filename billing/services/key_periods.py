"""The turn of limit periods: counters begin anew, and keys that were cut off for a period work again."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ApiKey
from billing import sql
from billing.ledger.book import Book
from billing.services import rounds

BATCH = 500

OVER = """
    select distinct key_spend.customer_id
      from key_spend
      join api_key
        on api_key.customer_id = key_spend.customer_id and api_key.id = key_spend.api_key_id
     where key_spend.cut_off_at is not null
       and limit_period_end(api_key.limit_period, key_spend.period_start) <= %s
       and key_spend.customer_id <> all(%s::uuid[])
     limit %s
"""


def turn(customer_id: UUID, api_key_id: UUID, *, day: date, now: datetime) -> None:
    """Begin the period of `day` for the key's counter, unless a later one has begun."""
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        counter = book.counters.find(customer_id, api_key_id)
        if counter:
            counter.roll(day)
            book.save()
        else:
            # The limit was cleared while the caller waited.
            assert ApiKey.objects.get(id=api_key_id).limit_nanos is None, "a limited key has no counter"


def turn_all(*, now: datetime) -> int:
    """Let keys whose limit ran out work again in a new period, and return how many customers have such keys.

    Counters of other keys turn with the first request that sees the new period: nobody waits for them.
    Customers whose wallets stay locked come with the next run.
    """
    turned, locked = 0, set[UUID]()
    while rows := sql.fetch_tuples(OVER, [now, sql.array([*locked]), BATCH]):
        here, still_locked = rounds.work_around([row[0] for row in rows], _roll, now=now)
        turned += here
        locked |= still_locked
    return turned


def _roll(book: Book) -> int:
    book.counters.roll(book.now.date())
    return len(book.wallets)
