"""Wallets against the journal, which alone is the truth."""

from usage.audit.invariant import Invariant

HAS_WALLET = """
    select customer.id as customer_id
      from customer
      left join wallet on wallet.customer_id = customer.id
     where wallet.customer_id is null
"""

BALANCE = """
    select customer_id, wallet.balance_nanos, coalesce(journal.nanos, 0) as journal_nanos
      from wallet
      full join (select customer_id, sum(case credit_account when %(wallet)s then amount_nanos
                                         else -amount_nanos end) as nanos
                   from transfer
                  where %(wallet)s in (debit_account, credit_account)
                  group by customer_id) as journal using (customer_id)
     where wallet.balance_nanos is distinct from coalesce(journal.nanos, 0)
"""

SEQUENCE = """
    select customer_id, wallet.last_seq, journal.first, journal.last, journal.numbers
      from wallet
      full join (select customer_id, min(wallet_seq) as first, max(wallet_seq) as last,
                        count(distinct wallet_seq) as numbers, count(*) as transfers
                   from transfer
                  where %(wallet)s in (debit_account, credit_account)
                  group by customer_id) as journal using (customer_id)
     where (coalesce(journal.first, 1), coalesce(journal.last, 0), coalesce(journal.numbers, 0),
            coalesce(journal.transfers, 0))
           is distinct from (1::bigint, wallet.last_seq, wallet.last_seq, wallet.last_seq)
"""

CHAIN = """
    select customer_id, ledger_transaction_id, position, wallet_seq, balance_after_nanos, running_nanos
      from (select transfer.*,
                   sum(case credit_account when %(wallet)s then amount_nanos else -amount_nanos end)
                       over (partition by customer_id order by wallet_seq) as running_nanos
              from transfer
             where %(wallet)s in (debit_account, credit_account)) as chained
     where balance_after_nanos is distinct from running_nanos
"""

HELD = """
    select customer_id, wallet.held_nanos, coalesce(running.nanos, 0) as open_holds_nanos
      from wallet
      full join (select customer_id, sum(amount_nanos) as nanos
                   from hold
                  where state = 'open'
                  group by customer_id) as running using (customer_id)
     where wallet.held_nanos is distinct from coalesce(running.nanos, 0)
"""

DEBT = """
    select customer_id, wallet.debt_nanos, coalesce(journal.nanos, 0) as journal_nanos
      from wallet
      full join (select customer_id, sum(case debit_account when %(debt)s then amount_nanos
                                         else -amount_nanos end) as nanos
                   from transfer
                  where %(debt)s in (debit_account, credit_account)
                  group by customer_id) as journal using (customer_id)
     where wallet.debt_nanos is distinct from coalesce(journal.nanos, 0)
"""

NEVER_OVERDRAWN = """
    select customer_id, balance_nanos, held_nanos
      from wallet
     where balance_nanos < 0 or held_nanos < 0 or held_nanos > balance_nanos
"""

OWES_WITHOUT_CREDIT = """
    select customer_id, balance_nanos, held_nanos, debt_nanos
      from wallet
     where debt_nanos < 0 or (debt_nanos > 0 and balance_nanos <> held_nanos)
"""

CUT_OFF = """
    select customer_id, balance_nanos, debt_nanos, cut_off_at
      from wallet
     where (cut_off_at is not null) <> (balance_nanos < %(cut_off_below)s or debt_nanos > 0)
"""

INVARIANTS = (
    Invariant("customer_has_wallet", "Every customer has a wallet.", HAS_WALLET),
    Invariant("balance_is_journal", "A wallet's balance is the sum of its transfers.", BALANCE),
    Invariant("sequence_has_no_gap", "A wallet's transfers are numbered from 1 to last_seq.", SEQUENCE),
    Invariant("balances_form_a_chain", "Each transfer's balance_after follows from those before it.", CHAIN),
    Invariant("held_is_open_holds", "What a wallet holds is the sum of its open holds.", HELD),
    Invariant("debt_is_journal", "A wallet's debt is what its debt account was debited less credited.", DEBT),
    Invariant("never_overdrawn", "No wallet is below zero or holds more than is there.", NEVER_OVERDRAWN),
    Invariant("owes_only_without_credit", "Nobody owes while credit is free.", OWES_WITHOUT_CREDIT),
    Invariant("cut_off_follows_rule", "A customer is cut off exactly when the rule says so.", CUT_OFF),
)
