"""What became of a replay's requests, read from the service's own books."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing import sql
from billing.models import LedgerAccount

# Daily totals are kept in the transaction that charges, so that this is cheap enough to ask often.
PROGRESS = """
    select (select coalesce(sum(requests), 0)::bigint from usage_daily
             where customer_id = any(%(customers)s::uuid[])) as settled,
           (select count(*) from usage_event where customer_id = any(%(customers)s::uuid[])) as waiting,
           (select coalesce(sum(held_nanos), 0)::bigint from wallet
             where customer_id = any(%(customers)s::uuid[])) as held_nanos
"""

TOTALS = """
    select (select count(*) from charge
             where customer_id = any(%(customers)s::uuid[]) and corrects is null) as settled,
           (select coalesce(sum(amount_nanos), 0)::bigint from charge
             where customer_id = any(%(customers)s::uuid[])) as charged_nanos,
           (select coalesce(sum(amount_nanos), 0)::bigint from transfer
             where customer_id = any(%(customers)s::uuid[])
               and debit_account = %(promotion)s) as granted_nanos,
           sum(balance_nanos)::bigint as balance_nanos,
           sum(debt_nanos)::bigint as debt_nanos,
           count(cut_off_at) as customers_cut_off
      from wallet
     where customer_id = any(%(customers)s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many requests are charged, how many reported ones wait for it, and what open holds set aside."""

    settled: int
    waiting: int
    held_nanos: int


@dataclass(frozen=True, slots=True)
class Totals:
    settled: int
    charged_nanos: int
    granted_nanos: int
    balance_nanos: int
    debt_nanos: int
    customers_cut_off: int


def progress(customers: Sequence[UUID]) -> Progress:
    row = sql.fetch(PROGRESS, {"customers": list(customers)})[0]
    return Progress(*row)


def of(customers: Sequence[UUID]) -> Totals:
    """The final figures; what was granted is counted whole, also where it paid a debt at once."""
    promotion = int(LedgerAccount.EXPENSE_PROMOTION)
    return Totals(*sql.fetch(TOTALS, {"customers": list(customers), "promotion": promotion})[0])
