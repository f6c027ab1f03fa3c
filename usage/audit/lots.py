"""Credit lots against wallets and journal."""

from usage.audit.invariant import Invariant

REMAINING_IS_BALANCE = """
    select customer_id, wallet.balance_nanos, coalesce(lots.nanos, 0) as lots_nanos
      from wallet
      full join (select customer_id, sum(remaining_nanos) as nanos
                   from credit_lot
                  group by customer_id) as lots using (customer_id)
     where wallet.balance_nanos is distinct from coalesce(lots.nanos, 0)
"""

REMAINING_IS_MOVED = """
    select customer_id, lot_id, lot.remaining_nanos, coalesce(moved.nanos, 0) as moved_nanos
      from (select customer_id, id as lot_id, remaining_nanos from credit_lot) as lot
      full join (select customer_id, lot_id, sum(amount_nanos) as nanos
                   from lot_movement
                  group by customer_id, lot_id) as moved using (customer_id, lot_id)
     where lot.remaining_nanos is distinct from coalesce(moved.nanos, 0)
"""

WITHIN_AMOUNT = """
    select customer_id, id as lot_id, amount_nanos, remaining_nanos
      from credit_lot
     where remaining_nanos < 0 or remaining_nanos > amount_nanos
"""

MOVED_IS_WALLET = """
    select customer_id, ledger_transaction_id, coalesce(wallet.nanos, 0) as wallet_nanos,
           coalesce(lots.nanos, 0) as lots_nanos
      from (select customer_id, ledger_transaction_id,
                   sum(case credit_account when %(wallet)s then amount_nanos else -amount_nanos end) as nanos
              from transfer
             where %(wallet)s in (debit_account, credit_account)
             group by customer_id, ledger_transaction_id) as wallet
      full join (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
                   from lot_movement
                  group by customer_id, ledger_transaction_id) as lots
     using (customer_id, ledger_transaction_id)
     where coalesce(wallet.nanos, 0) <> coalesce(lots.nanos, 0)
"""

# A correction, or a reversal, gives credit back to the lots that gave it, and no lot more than it gave: only
# the rest is new. Of refunds and disputes `usage.audit.money_back` says which lots those are.
CREDIT_IS_LOTS = """
    select given.*
      from (select customer_id, ledger_transaction_id, coalesce(credited.nanos, 0) as credited_nanos,
                   coalesce(lots.nanos, 0) as lots_nanos
              from (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
                      from transfer
                     where credit_account = %(wallet)s
                     group by customer_id, ledger_transaction_id) as credited
              full join (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
                           from credit_lot
                          group by customer_id, ledger_transaction_id) as lots
             using (customer_id, ledger_transaction_id)) as given
      left join ledger_transaction ledger
        on ledger.customer_id = given.customer_id and ledger.id = given.ledger_transaction_id
     where credited_nanos <> lots_nanos
       and (coalesce(ledger.kind, '') not in ('correction', 'refund_reversal', 'dispute_reversal')
            or credited_nanos < lots_nanos)
 union all
    select customer_id, spent_id, sum(nanos) filter (where nanos > 0), -sum(nanos) filter (where nanos < 0)
      from (select ledger.customer_id, ledger.reason::uuid as spent_id, moved.lot_id,
                   moved.amount_nanos as nanos
              from ledger_transaction ledger
              join lot_movement moved
                on moved.customer_id = ledger.customer_id and moved.ledger_transaction_id = ledger.id
              join credit_lot lot on lot.customer_id = moved.customer_id and lot.id = moved.lot_id
             where ledger.kind = 'correction' and lot.ledger_transaction_id <> ledger.id
         union all
            select moved.customer_id, moved.ledger_transaction_id, moved.lot_id, moved.amount_nanos
              from lot_movement moved
             where exists (select from ledger_transaction ledger
                            where ledger.customer_id = moved.customer_id and ledger.kind = 'correction'
                              and ledger.reason = moved.ledger_transaction_id::text)) as moved
     group by customer_id, spent_id, lot_id
    having sum(nanos) > 0
"""

INVARIANTS = (
    Invariant(
        "lots_are_balance", "What is left of a customer's lots is the wallet's balance.", REMAINING_IS_BALANCE
    ),
    Invariant("lots_are_movements", "What is left of a lot is the sum of its movements.", REMAINING_IS_MOVED),
    Invariant("lots_are_within_amount", "A lot has between nothing and its amount left.", WITHIN_AMOUNT),
    Invariant(
        "movements_are_transfers", "A transaction moves in lots what it moves in the wallet.", MOVED_IS_WALLET
    ),
    Invariant(
        "credit_comes_in_lots",
        "Credit that a transaction gives is the amount of its lots, or goes back to lots that gave it.",
        CREDIT_IS_LOTS,
    ),
)
