"""What a customer has, as it stands: wallet and lots of one moment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing import sql
from billing.errors import NotFound

# One statement, so that the lots add up to the balance; they stand in the order in which they are spent.
BALANCE = """
    select wallet.currency, wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos, wallet.cut_off_at,
           lot.id, lot.kind, lot.amount_nanos, lot.remaining_nanos, lot.expires_at, lot.created_at
      from wallet
      left join credit_lot lot on lot.customer_id = wallet.customer_id and lot.has_credit
     where wallet.customer_id = %s
     order by lot.kind <> 'promotional', lot.expires_at nulls last, lot.created_at, lot.id
"""


@dataclass(frozen=True, slots=True)
class LotLeft:
    """A lot with credit; amounts in nanos."""

    id: UUID
    kind: str
    amount_nanos: int
    remaining_nanos: int
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    currency: str
    balance_nanos: int
    held_nanos: int
    debt_nanos: int
    cut_off_at: datetime | None
    lots: tuple[LotLeft, ...]

    @property
    def available_nanos(self) -> int:
        return self.balance_nanos - self.held_nanos


def of_customer(*, customer_id: UUID) -> Balance:
    rows = sql.fetch_tuples(BALANCE, [customer_id])
    if not rows:
        raise NotFound("No such customer.")

    currency, balance, held, debt, cut_off_at = rows[0][:5]
    lots = tuple(LotLeft(*row[5:]) for row in rows if row[5] is not None)
    return Balance(currency, balance, held, debt, cut_off_at, lots)
