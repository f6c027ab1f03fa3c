"""The three ends of a hold: a guarded UPDATE under the wallet's lock says, once, what it gave back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.errors import NotFound, RequestConflict
from billing.ledger.book import Book
from billing.request_keys import RequestKeys
from billing.services import rounds

OWNER = "select customer_id from hold where request_id = %s and gateway_id = %s and state <> 'refused'"

RELEASE = """
    update hold
       set state = 'released', ended_at = %s, end_reason = %s
     where customer_id = %s and request_id = %s and state = 'open'
 returning amount_nanos, api_key_id, key_period_start
"""

REPORTED = "select from usage_event where customer_id = %s and request_id = %s"

# Usage that waits in the inbox came in time and settles its hold itself: however late settlement is, nobody
# else may take that credit meanwhile.
OVERDUE_CUSTOMERS = """
    select distinct customer_id
      from hold
     where state = 'open' and expires_at <= %s
       and not exists (select from usage_event event
                        where event.customer_id = hold.customer_id and event.request_id = hold.request_id)
       and customer_id <> all(%s::uuid[])
     limit %s
"""

EXPIRE = """
    update hold
       set state = 'expired', ended_at = %s, end_reason = 'expired'
     where customer_id = any(%s::uuid[]) and state = 'open' and expires_at <= %s
       and not exists (select from usage_event event
                        where event.customer_id = hold.customer_id and event.request_id = hold.request_id)
 returning customer_id, amount_nanos, api_key_id, key_period_start
"""

SETTLE = """
    with ended as (
        update hold
           set state = 'settled', ended_at = %s, end_reason = 'usage'
          from unnest(%s::uuid[], %s::uuid[]) as charged (customer_id, request_id)
         where hold.customer_id = charged.customer_id and hold.request_id = charged.request_id
           and hold.request_id between %s and %s
           and hold.state = 'open'
     returning hold.customer_id, hold.amount_nanos, hold.key_period_start,
               case when hold.key_period_start is not null then hold.api_key_id end as api_key_id
    )
    select customer_id, sum(amount_nanos)::bigint, api_key_id, key_period_start, count(*)
      from ended
     group by customer_id, api_key_id, key_period_start
"""

FORGET_REFUSED = """
    delete from hold
     using (select customer_id, request_id
              from hold
             where state = 'refused' and placed_at < %s
             limit %s) as old
     where hold.customer_id = old.customer_id and hold.request_id = old.request_id and hold.state = 'refused'
"""

CUSTOMERS_PER_BATCH = 500
FORGOTTEN_PER_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class EndedHold:
    request_id: UUID
    state: str


def owner(request_id: UUID, gateway_id: int) -> UUID:
    """The customer whose hold this is, seen by the gateway that placed it.

    Raises `NotFound`, and `RequestConflict` where the gateway used the id for holds of two customers.
    """
    rows = sql.fetch(OWNER, [request_id, gateway_id])
    if not rows:
        raise NotFound("this gateway placed no hold with this request id", field="request_id")

    if len(rows) > 1:
        raise RequestConflict("this request id has holds of two customers", field="request_id")

    customer_id: UUID = rows[0].customer_id
    return customer_id


def require_open(row: Any) -> None:
    if row.state != "open":
        raise RequestConflict(f"the hold is {row.state}", field="request_id", state=row.state)


def release(*, request_id: UUID, gateway_id: int, reason: str, now: datetime) -> EndedHold:
    """Give back a hold whose request will report no usage.

    Idempotent; raises `NotFound`, and `RequestConflict` where usage was reported, settled or not.
    """
    customer_id = owner(request_id, gateway_id)
    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        if sql.fetch(REPORTED, [customer_id, request_id]):
            raise RequestConflict("usage of this request was reported", field="request_id", state="open")
        for row in sql.fetch(RELEASE, [now, reason, customer_id, request_id]):
            book.end_hold(
                customer_id, row.amount_nanos, api_key_id=row.api_key_id, key_period=row.key_period_start
            )
        book.save()
        state = sql.fetch(
            "select state from hold where customer_id = %s and request_id = %s", [customer_id, request_id]
        )[0]

    if state.state == "settled":
        require_open(state)
    return EndedHold(request_id, state.state)


def expire(*, now: datetime) -> int:
    """End every hold whose time is over, and return how many; credit comes back without the gateway.

    Customers whose wallets stay locked come with the next run.
    """
    ended, locked = 0, set[UUID]()
    while True:
        overdue = [now, sql.array([*locked]), CUSTOMERS_PER_BATCH]
        customers = [row[0] for row in sql.fetch_tuples(OVERDUE_CUSTOMERS, overdue)]
        if not customers:
            return ended
        here, still_locked = rounds.work_around(customers, _expire, now=now)
        ended += here
        locked |= still_locked


def _expire(book: Book) -> int:
    rows = sql.fetch_tuples(EXPIRE, [book.now, sql.array([*book.wallets]), book.now])
    for customer_id, amount, api_key_id, key_period in rows:
        book.end_hold(customer_id, amount, api_key_id=api_key_id, key_period=key_period)
    return len(rows)


def settle(book: Book, charged: RequestKeys) -> int:
    """End the open holds of charged requests, give back what they held, return how many.

    Runs inside the settling transaction, whose book has the customers' wallets locked.
    """
    if not charged:
        return 0

    rows = sql.fetch_tuples(SETTLE, [book.now, *charged.columns, *charged.span])
    for customer_id, amount, api_key_id, key_period, _ in rows:
        book.end_hold(customer_id, amount, api_key_id=api_key_id, key_period=key_period)
    return sum(row[-1] for row in rows)


def forget_refused(*, before: datetime) -> int:
    """Delete refusals older than `before`, batch by batch, and return how many; no money hangs on them."""
    forgotten = 0
    while batch := sql.run(FORGET_REFUSED, [before, FORGOTTEN_PER_BATCH]):
        forgotten += batch
    return forgotten
