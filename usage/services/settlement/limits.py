"""Charges of limited keys count against their limits, in the transaction that posts them."""

from collections.abc import Iterable
from uuid import UUID

from billing import sql
from billing.ledger.book import Book

# As `usage_daily` groups them, so that a counter is the sum of its key's daily totals.
SPENT = """
    select charge.customer_id, charge.api_key_id,
           (uuid_extract_timestamp(charge.request_id) at time zone 'UTC')::date as day_date,
           sum(charge.amount_nanos)::bigint
      from unnest(%s::uuid[], %s::uuid[]) as new (customer_id, request_id)
      join charge on charge.customer_id = new.customer_id and charge.request_id = new.request_id
     where charge.request_id between %s and %s
     group by charge.customer_id, charge.api_key_id, day_date
"""


def count(book: Book, charged: Iterable[tuple[UUID, UUID]]) -> None:
    """Count charges against the limits of their keys.

    `charged` are `(customer_id, request_id)` of charges, correcting ones too, that were inserted in this
    transaction; `book` has their customers' wallets locked and is saved after. Where no key of these
    customers is limited this costs one look into an index.
    """
    customers = book.counters.customers
    limited = [key for key in charged if key[0] in customers] if customers else []
    if not limited:
        return

    ids = [request_id for _, request_id in limited]
    for customer_id, api_key_id, day, amount in sql.fetch_tuples(
        SPENT, [*sql.columns(limited), min(ids), max(ids)]
    ):
        book.counters.spend(customer_id, api_key_id, day, amount)
