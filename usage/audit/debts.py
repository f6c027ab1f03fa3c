"""Debts against journal and charges: nobody owes without a cause."""

from usage.audit.invariant import Invariant

CAUSES_ARE_JOURNAL = """
    select customer_id, ledger_transaction_id, coalesce(journal.nanos, 0) as journal_nanos,
           coalesce(causes.nanos, 0) as causes_nanos
      from (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
              from transfer
             where debit_account = %(debt)s
             group by customer_id, ledger_transaction_id) as journal
      full join (select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
                   from debt
                  group by customer_id, ledger_transaction_id) as causes
     using (customer_id, ledger_transaction_id)
     where coalesce(journal.nanos, 0) <> coalesce(causes.nanos, 0)
"""

CAUSES_ARE_CHARGED = """
    select debt.customer_id, debt.id as debt_id, debt.cause, debt.gateway_id, debt.request_id
      from debt
      left join charge
        on charge.customer_id = debt.customer_id and charge.request_id = debt.request_id
           and charge.ledger_transaction_id = debt.ledger_transaction_id
     where debt.cause <> 'bank'
       and (debt.gateway_id is null or charge.gateway_id is distinct from debt.gateway_id
            or (debt.cause = 'correction') <> (charge.corrects is not null))
"""

CAUSES_HAVE_HOLDS = """
    select debt.customer_id, debt.id as debt_id, debt.cause, debt.request_id, hold.state
      from debt
      left join hold on hold.customer_id = debt.customer_id and hold.request_id = debt.request_id
     where (debt.cause = 'above_bounds' and hold.state is distinct from 'settled')
        or (debt.cause = 'hold_ended' and coalesce(hold.state, '') not in ('released', 'expired'))
"""

WITHIN_EXCESS = """
    select debt.customer_id, debt.id as debt_id, debt.amount_nanos, charge.amount_nanos as charged_nanos,
           charge.hold_amount_nanos
      from debt
      join charge on charge.customer_id = debt.customer_id and charge.request_id = debt.request_id
     where debt.amount_nanos > charge.amount_nanos - coalesce(charge.hold_amount_nanos, 0)
"""

INVARIANTS = (
    Invariant(
        "debts_have_causes", "What a transaction debits as debt is the sum of its causes.", CAUSES_ARE_JOURNAL
    ),
    Invariant(
        "causes_were_charged", "Debt of usage names a gateway and a request charged then.", CAUSES_ARE_CHARGED
    ),
    Invariant(
        "causes_had_holds", "Debt above bounds or after a hold's end has that hold.", CAUSES_HAVE_HOLDS
    ),
    Invariant("debts_are_excess", "A debt is at most what its request used above its hold.", WITHIN_EXCESS),
)
