"""Where credit goes that a correction gives back: to the lots that gave it.

Had the charge been smaller, its transaction would have taken less from the lots that it came to last. So they
get it back first, and it keeps their kind and expiry: what is over by now lapses with the next run.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from billing import sql
from billing.models import LotKind

Spent = tuple[UUID, UUID]

# What a transaction took from each lot, with what its corrections took more and gave back, in the reverse of
# the order in which lots give. What a correction made and spent at once, on a debt, is none of it.
TAKEN = """
    with spent as (
        select * from unnest(%s::uuid[], %s::uuid[]) as spent (customer_id, ledger_transaction_id)
    ), part as (
        select customer_id, ledger_transaction_id as spent_id, ledger_transaction_id from spent
     union all
        select spent.customer_id, spent.ledger_transaction_id, ledger.id
          from spent
          join ledger_transaction ledger
            on ledger.customer_id = spent.customer_id and ledger.kind = 'correction'
               and ledger.reason = spent.ledger_transaction_id::text
    ), taken as (
        select part.customer_id, part.spent_id, lot.id as lot_id, lot.kind, lot.expires_at, lot.created_at,
               -sum(moved.amount_nanos)::bigint as nanos
          from part
          join lot_movement moved
            on moved.customer_id = part.customer_id
               and moved.ledger_transaction_id = part.ledger_transaction_id
          join credit_lot lot
            on lot.customer_id = moved.customer_id and lot.id = moved.lot_id
               and lot.ledger_transaction_id <> part.ledger_transaction_id
         group by part.customer_id, part.spent_id, lot.customer_id, lot.id
        having sum(moved.amount_nanos) < 0
    )
    select customer_id, spent_id, lot_id, nanos
      from taken
     order by kind = 'promotional', expires_at is not null, coalesce(expires_at, created_at) desc,
              created_at desc, lot_id desc
"""

BUYERS = """
    select distinct customer_id from credit_lot where customer_id = any(%s::uuid[]) and kind = 'bought'
"""


@dataclass(slots=True)
class Part:
    """Nanos that go to one lot."""

    lot_id: UUID
    amount: int


class Sources:
    """What ledger transactions took from lots, less what corrections gave back."""

    def __init__(self, spent: Collection[Spent]) -> None:
        self._left: dict[Spent, list[Part]] = defaultdict(list)
        self._buyers: set[UUID] = set()
        if not spent:
            return

        for customer_id, entry_id, lot_id, amount in sql.fetch_tuples(TAKEN, sql.columns(sorted(set(spent)))):
            self._left[customer_id, entry_id].append(Part(lot_id, amount))
        self._buyers = {row[0] for row in sql.fetch_tuples(BUYERS, [sql.array([c for c, _ in spent])])}

    def take(self, spent: Spent, amount: int) -> list[Part]:
        """Lay `amount` on the transaction's lots, at most what they gave."""
        parts = []
        for source in self._left[spent]:
            part = min(amount, source.amount)
            if part:
                source.amount -= part
                amount -= part
                parts.append(Part(source.lot_id, part))
        return parts

    def kind_of_rest(self, customer_id: UUID) -> LotKind:
        """The kind of what no lot gave: it was owed, and was paid later or is owed still.

        It comes back as bought credit to who ever bought some.
        """
        return LotKind.BOUGHT if customer_id in self._buyers else LotKind.PROMOTIONAL
