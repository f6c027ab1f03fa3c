"""What our database holds of the customers of a round."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from billing import sql
from billing.models import LedgerAccount

WALLETS: Final = """
    select wallet.customer_id, balance_nanos, debt_nanos, held_nanos, customer.state = 'frozen' as is_frozen,
           (select coalesce(sum(remaining_nanos), 0)::bigint from credit_lot
             where credit_lot.customer_id = wallet.customer_id) as lots_nanos
      from wallet join customer on customer.id = wallet.customer_id
     where wallet.customer_id = any(%s::uuid[])
"""
TOP_UPS: Final = """
    select customer_id, id, provider, state, credit_nanos, bonus_nanos, refunded_minor, disputed_minor,
           fraud_warning <> '' as is_suspected
      from top_up
     where customer_id = any(%s::uuid[])
"""
# Each house account as a debit balance.
HOUSE: Final = """
    select customer_id, account, sum(nanos)::bigint as nanos
      from (select customer_id, debit_account as account, amount_nanos as nanos from transfer
             where customer_id = any(%(customers)s::uuid[])
             union all
            select customer_id, credit_account, -amount_nanos from transfer
             where customer_id = any(%(customers)s::uuid[])) as moved
     group by customer_id, account
"""
REFUNDS: Final = """
    select customer_id, top_up_id, state, amount_minor, origin, provider_refund_id
      from refund
     where customer_id = any(%s::uuid[])
"""
KINDS: Final = """
    select customer_id, kind, count(*) as posted
      from ledger_transaction
     where customer_id = any(%s::uuid[])
     group by customer_id, kind
"""
# What somebody would have to look at, or nobody has looked at yet.
ALERTS: Final = "select customer_id, code, detail from payment_alert where customer_id = any(%s::uuid[])"
LEFT: Final = """
    select event_id, provider, kind, state, code, detail, attempts
      from provider_event
     where state in ('waiting', 'quarantined')
"""


@dataclass(slots=True)
class Stored:
    """Rows of one customer; `house` is the debit balance of each house account."""

    wallet: Any = None
    top_ups: list[Any] = field(default_factory=list)
    refunds: list[Any] = field(default_factory=list)
    house: dict[int, int] = field(default_factory=dict)
    posted: Counter[str] = field(default_factory=Counter)
    alerts: list[tuple[str, str]] = field(default_factory=list)

    def debit_balance(self, account: LedgerAccount) -> int:
        return self.house.get(account.value, 0)


def read(customers: Sequence[UUID]) -> dict[UUID, Stored]:
    ids = [sql.array(list(customers))]
    stored = {customer_id: Stored() for customer_id in customers}
    for row in sql.fetch(WALLETS, ids):
        stored[row.customer_id].wallet = row
    for row in sql.fetch(TOP_UPS, ids):
        stored[row.customer_id].top_ups.append(row)
    for row in sql.fetch(REFUNDS, ids):
        stored[row.customer_id].refunds.append(row)
    for row in sql.fetch(HOUSE, {"customers": ids[0]}):
        stored[row.customer_id].house[row.account] = row.nanos
    for row in sql.fetch(KINDS, ids):
        stored[row.customer_id].posted[row.kind] = row.posted
    for row in sql.fetch(ALERTS, ids):
        stored[row.customer_id].alerts.append((row.code, row.detail))
    return stored


def left_events() -> list[str]:
    """Messages that nobody handled, or that somebody would have to look at."""
    rows = sql.fetch(LEFT, [])
    return [f"{row.provider} {row.kind} {row.state} {row.code} {row.detail} ({row.attempts})" for row in rows]
