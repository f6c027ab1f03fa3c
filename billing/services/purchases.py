"""What is left of the credit that a top-up bought, and what of it goes with a part that is given back."""

from dataclasses import dataclass

from billing import sql
from billing.models import Refund, RefundState, TopUp

# What lapsed with this top-up's own refunds and disputes, or by its expiry, was not spent.
LOTS = """
    select bought.remaining_nanos as unspent, coalesce(bonus.remaining_nanos, 0) as unspent_bonus,
           coalesce(bonus.amount_nanos - bonus.remaining_nanos - lapsed.nanos, 0) as spent_bonus
      from top_up
      join credit_lot bought on bought.customer_id = top_up.customer_id and bought.id = top_up.lot_id
      left join credit_lot bonus
        on bonus.customer_id = top_up.customer_id and bonus.id = top_up.bonus_lot_id
      left join lateral (
               select coalesce(-sum(moved.amount_nanos), 0) as nanos
                 from lot_movement moved
                 join ledger_transaction ledger
                   on ledger.customer_id = moved.customer_id and ledger.id = moved.ledger_transaction_id
                where moved.customer_id = bonus.customer_id and moved.lot_id = bonus.id
                  and (ledger.kind = 'expiry'
                       or exists (select from refund
                                   where refund.customer_id = top_up.customer_id
                                     and refund.top_up_id = top_up.id
                                     and ledger.id in (refund.ledger_transaction_id, refund.reversal_id))
                       or (ledger.kind in ('dispute', 'dispute_reversal')
                           and exists (select from dispute
                                        where dispute.customer_id = top_up.customer_id
                                          and dispute.top_up_id = top_up.id
                                          and ledger.reason = 'dispute ' || dispute.id)))
           ) as lapsed on true
     where top_up.customer_id = %s and top_up.id = %s
"""

REFUNDED = """
    select coalesce(sum(debit_nanos), 0)::bigint as nanos
      from refund
     where customer_id = %s and top_up_id = %s and state <> %s
"""


@dataclass(frozen=True, slots=True)
class Purchase:
    """The lots of a paid top-up, in nanos. The wallet's lock protects what is read."""

    unspent: int
    unspent_bonus: int
    spent_bonus: int

    @property
    def returnable(self) -> int:
        """Who spent of the bonus keeps as much of what was paid."""
        return max(self.unspent - self.spent_bonus, 0)

    def lapsing(self, debit: int) -> int:
        """The unspent bonus that goes with `debit`: in proportion, and all of it with all that is left."""
        if debit >= self.returnable:
            return self.unspent_bonus
        return self.unspent_bonus * debit // self.returnable


def read(top_up: TopUp) -> Purchase:
    row = sql.fetch(LOTS, [top_up.customer_id, top_up.id])[0]
    return Purchase(int(row.unspent), int(row.unspent_bonus), int(row.spent_bonus))


def refunded_nanos(top_up: TopUp) -> int:
    """What all refunds of this top-up that have not failed took, in nanos of USD."""
    failed = RefundState.FAILED.value
    nanos: int = sql.fetch(REFUNDED, [top_up.customer_id, top_up.id, failed])[0].nanos
    return nanos


def debit_of(top_up: TopUp, amount_minor: int, *, refunded_nanos: int) -> int:
    """Nanos of USD that a refund of `amount_minor` more takes.

    Counted from what will have been refunded in sum, so that the parts of a top-up in CNY add up to its
    credit to the nano, whatever each part is rounded to.
    """
    in_sum = top_up.credit_nanos * (top_up.refunded_minor + amount_minor) // top_up.amount_minor
    return max(in_sum - refunded_nanos, 0)


def refunds_of(top_up: TopUp) -> list[Refund]:
    return list(Refund.objects.filter(customer_id=top_up.customer_id, top_up_id=top_up.id).order_by("id"))
