"""The journal in itself: transactions, transfers and who may be party to them."""

from usage.audit.invariant import Invariant

# What each kind of transaction moves: debited account, credited account. Any of them may repay debt.
FLOWS = """
    select ledger.customer_id, ledger.id as ledger_transaction_id, ledger.kind, transfer.debit_account,
           transfer.credit_account
      from ledger_transaction ledger
      join transfer
        on transfer.customer_id = ledger.customer_id and transfer.ledger_transaction_id = ledger.id
      left join (values ('usage', 101, 131), ('usage', 102, 131), ('correction', 101, 131),
                        ('correction', 102, 131), ('correction', 131, 101), ('grant', 141, 101),
                        ('adjustment', 151, 101), ('adjustment', 101, 151), ('expiry', 101, 132),
                        ('top_up', 111, 101), ('top_up', 211, 221), ('top_up', 121, 101),
                        ('top_up', 141, 101), ('refund', 101, 111), ('refund', 102, 111),
                        ('refund', 101, 121), ('refund', 102, 121), ('refund', 221, 211),
                        ('refund', 101, 141), ('refund_reversal', 111, 101), ('refund_reversal', 121, 101),
                        ('refund_reversal', 211, 221), ('refund_reversal', 141, 101),
                        ('dispute', 101, 111), ('dispute', 102, 111), ('dispute', 101, 141),
                        ('dispute_reversal', 111, 101), ('dispute_reversal', 141, 101),
                        ('dispute', 143, 111), ('dispute_reversal', 111, 143),
                        ('payment_fee', 142, 111), ('payment_fee', 111, 142), ('payment_fee', 242, 211),
                        ('payment_fee', 211, 242), ('payout', 112, 111), ('payout', 111, 112),
                        ('payout', 212, 211), ('payout', 211, 212))
           as flow (kind, debit, credit)
        on flow.kind = ledger.kind and flow.debit = transfer.debit_account
           and flow.credit = transfer.credit_account
     where flow.kind is null
       and not (transfer.debit_account = %(wallet)s and transfer.credit_account = %(debt)s)
"""

SOUND = """
    select customer_id, ledger_transaction_id, position, debit_account, credit_account, amount_nanos,
           wallet_seq
      from transfer
     where amount_nanos <= 0
        or debit_account <> all (%(accounts)s)
        or credit_account <> all (%(accounts)s)
        or debit_account = credit_account
        or debit_account / 100 <> credit_account / 100
        or (%(wallet)s in (debit_account, credit_account)) <> (wallet_seq is not null)
        or (wallet_seq is null) <> (balance_after_nanos is null)
"""

BELONGS = """
    select transfer.customer_id, transfer.ledger_transaction_id, transfer.position
      from transfer
      left join ledger_transaction ledger
        on ledger.customer_id = transfer.customer_id and ledger.id = transfer.ledger_transaction_id
     where ledger.id is null
"""

MOVES = """
    select ledger.customer_id, ledger.id as ledger_transaction_id, ledger.kind
      from ledger_transaction ledger
      left join (select distinct customer_id, ledger_transaction_id from transfer) as moved
        on moved.customer_id = ledger.customer_id and moved.ledger_transaction_id = ledger.id
     where ledger.kind not in ('usage', 'correction') and moved.customer_id is null
"""

INVARIANTS = (
    Invariant("transfers_are_sound", "A transfer joins two known accounts of one currency.", SOUND),
    Invariant("transfers_belong", "Every transfer belongs to a transaction of its customer.", BELONGS),
    Invariant("transactions_move", "Every transaction that is not of charges moves money.", MOVES),
    Invariant("flows_are_known", "Each kind of transaction moves between its own accounts.", FLOWS),
)
