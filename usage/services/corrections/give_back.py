"""Where credit goes that a correction gives back: to lots like those that the charge's transaction spent.

Had the charge been smaller, its transaction would have taken less from the lots that it came to last. So they
get it back first, with their kind and expiry: promotional credit does not turn into bought credit.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from billing import sql
from billing.models import LedgerAccount, LotKind

Spent = tuple[UUID, UUID]

# The lots of a transaction in the order in which it spent them, the last one first.
TAKEN = """
    select moved.customer_id, moved.ledger_transaction_id, lot.kind, lot.expires_at, -moved.amount_nanos
      from unnest(%s::uuid[], %s::uuid[]) as spent (customer_id, ledger_transaction_id)
      join lot_movement moved
        on moved.customer_id = spent.customer_id
           and moved.ledger_transaction_id = spent.ledger_transaction_id and moved.amount_nanos < 0
      join credit_lot lot on lot.customer_id = moved.customer_id and lot.id = moved.lot_id
     order by lot.kind = 'promotional', lot.expires_at is not null,
              coalesce(lot.expires_at, lot.created_at) desc, lot.created_at desc, lot.id desc
"""

GIVEN_BACK = """
    select spent.customer_id, spent.ledger_transaction_id, sum(transfer.amount_nanos)::bigint
      from unnest(%s::uuid[], %s::uuid[]) as spent (customer_id, ledger_transaction_id)
      join ledger_transaction ledger
        on ledger.customer_id = spent.customer_id and ledger.kind = 'correction'
           and ledger.reason = spent.ledger_transaction_id::text
      join transfer
        on transfer.customer_id = ledger.customer_id and transfer.ledger_transaction_id = ledger.id
           and transfer.debit_account = %s
     group by spent.customer_id, spent.ledger_transaction_id
"""

BUYERS = """
    select distinct customer_id from credit_lot where customer_id = any(%s::uuid[]) and kind = 'bought'
"""


class Part(NamedTuple):
    """Nanos of one kind of credit."""

    amount: int
    kind: LotKind
    expires_at: datetime | None


@dataclass(slots=True)
class _Source:
    kind: LotKind
    expires_at: datetime | None
    left: int


class Sources:
    """What ledger transactions took from lots, less what earlier corrections gave back."""

    def __init__(self, spent: Collection[Spent]) -> None:
        self._sources: dict[Spent, list[_Source]] = defaultdict(list)
        if not spent:
            return

        columns = sql.columns(sorted(set(spent)))
        for customer_id, entry_id, kind, expires_at, amount in sql.fetch_tuples(TAKEN, columns):
            self._sources[customer_id, entry_id].append(_Source(LotKind(kind), expires_at, amount))
        given = sql.fetch_tuples(GIVEN_BACK, [*columns, int(LedgerAccount.REVENUE_USAGE)])
        for customer_id, entry_id, amount in given:
            self._take((customer_id, entry_id), amount)
        self._buyers = {row[0] for row in sql.fetch_tuples(BUYERS, [sql.array([c for c, _ in spent])])}

    def give_back(self, spent: Spent, amount: int) -> list[Part]:
        """Lay `amount` on the transaction's lots; what it never took from one, but made owed, comes last.

        That was paid later or is still owed, and comes back as bought credit to who ever bought some.
        """
        parts = self._take(spent, amount)
        rest = amount - sum(part.amount for part in parts)
        if rest:
            kind = LotKind.BOUGHT if spent[0] in self._buyers else LotKind.PROMOTIONAL
            parts.append(Part(rest, kind, None))
        return parts

    def _take(self, spent: Spent, amount: int) -> list[Part]:
        parts = []
        for source in self._sources[spent]:
            part = min(amount, source.left)
            if part:
                source.left -= part
                amount -= part
                parts.append(Part(part, source.kind, source.expires_at))
        return parts
