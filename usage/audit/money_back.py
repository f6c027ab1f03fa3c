"""Refunds and disputes against the journal: what went back was taken once, and came back as it was."""

from usage.audit.invariant import Invariant

# What each refund's transactions moved: money from wallet or debt, lapsed bonus, and fen beside the dollars.
_MOVED = """
    select customer_id, ledger_transaction_id,
           coalesce(sum(amount_nanos) filter (where debit_account in (101, 102)
                                                and credit_account = 111), 0) as stripe_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account in (101, 102)
                                                and credit_account = 121), 0) as alipay_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 101
                                                and credit_account = 141), 0) as bonus_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 221
                                                and credit_account = 211), 0) as cny_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 111
                                                and credit_account = 101), 0) as stripe_back_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 121
                                                and credit_account = 101), 0) as alipay_back_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 141
                                                and credit_account = 101), 0) as bonus_back_nanos,
           coalesce(sum(amount_nanos) filter (where debit_account = 211
                                                and credit_account = 221), 0) as cny_back_nanos
      from transfer
     where credit_account in (111, 121, 141, 211) or debit_account in (111, 121, 141, 211)
     group by customer_id, ledger_transaction_id
"""

# The wanted sums of a refund by its top-up's provider.
_WANTED = """
    select refund.*, refund.debit_nanos * (top_up.provider = 'stripe')::int as stripe_nanos,
           refund.debit_nanos * (top_up.provider = 'alipay')::int as alipay_nanos,
           refund.amount_minor * 10000000 * (top_up.provider = 'alipay')::int as cny_nanos
      from refund
      join top_up on top_up.customer_id = refund.customer_id and top_up.id = refund.top_up_id
"""

DEBITED = f"""
    with moved as ({_MOVED}), wanted as ({_WANTED})
    select wanted.customer_id, wanted.id as refund_id, ledger.kind, ledger.effect_key, wanted.debit_nanos
      from wanted
      left join ledger_transaction ledger
        on ledger.customer_id = wanted.customer_id and ledger.id = wanted.ledger_transaction_id
      left join moved
        on moved.customer_id = wanted.customer_id
           and moved.ledger_transaction_id = wanted.ledger_transaction_id
     where (ledger.kind, ledger.effect_key, coalesce(moved.stripe_nanos, 0), coalesce(moved.alipay_nanos, 0),
            coalesce(moved.bonus_nanos, 0), coalesce(moved.cny_nanos, 0))
           is distinct from
           ('refund', 'refund:' || wanted.id, wanted.stripe_nanos::numeric, wanted.alipay_nanos::numeric,
            wanted.bonus_nanos::numeric, wanted.cny_nanos::numeric)
 union all
    select ledger.customer_id, null, ledger.kind, ledger.effect_key, null
      from ledger_transaction ledger
      left join refund
        on refund.customer_id = ledger.customer_id and refund.ledger_transaction_id = ledger.id
     where ledger.kind = 'refund' and refund.id is null
"""

UNDONE = f"""
    with moved as ({_MOVED}), wanted as ({_WANTED})
    select wanted.customer_id, wanted.id as refund_id, ledger.kind, ledger.effect_key, wanted.debit_nanos
      from wanted
      left join ledger_transaction ledger
        on ledger.customer_id = wanted.customer_id and ledger.id = wanted.reversal_id
      left join moved
        on moved.customer_id = wanted.customer_id and moved.ledger_transaction_id = wanted.reversal_id
     where wanted.state = 'failed'
       and (ledger.kind, ledger.effect_key, coalesce(moved.stripe_back_nanos, 0),
            coalesce(moved.alipay_back_nanos, 0), coalesce(moved.bonus_back_nanos, 0),
            coalesce(moved.cny_back_nanos, 0))
           is distinct from
           ('refund_reversal', 'refund:' || wanted.id || ':reverse', wanted.stripe_nanos::numeric,
            wanted.alipay_nanos::numeric, wanted.bonus_nanos::numeric, wanted.cny_nanos::numeric)
 union all
    select ledger.customer_id, null, ledger.kind, ledger.effect_key, null
      from ledger_transaction ledger
      left join refund on refund.customer_id = ledger.customer_id and refund.reversal_id = ledger.id
     where ledger.kind = 'refund_reversal' and refund.id is null
"""

# Parts of a top-up in CNY are rounded, and add up to its credit to the nano when all of it is back.
ADD_UP = """
    select top_up.customer_id, top_up.id as top_up_id, top_up.refunded_minor, made.amount_minor,
           top_up.credit_nanos, made.debit_nanos
      from top_up
      left join lateral (select coalesce(sum(amount_minor), 0) as amount_minor,
                                coalesce(sum(debit_nanos), 0) as debit_nanos
                           from refund
                          where refund.customer_id = top_up.customer_id and refund.top_up_id = top_up.id
                            and refund.state <> 'failed') as made on true
     where top_up.refunded_minor <> made.amount_minor
        or (made.amount_minor = top_up.amount_minor and made.debit_nanos <> top_up.credit_nanos)
"""

# A fee names its dispute, too, and moves nothing of the customer's.
DISPUTES = f"""
    with moved as ({_MOVED}), booked as (
        select ledger.customer_id, ledger.reason, sum(moved.stripe_nanos - moved.stripe_back_nanos) as nanos
          from ledger_transaction ledger
          join moved
            on moved.customer_id = ledger.customer_id and moved.ledger_transaction_id = ledger.id
         where ledger.kind in ('dispute', 'dispute_reversal')
         group by ledger.customer_id, ledger.reason
    )
    select coalesce(dispute.customer_id, booked.customer_id) as customer_id, dispute.id as dispute_id,
           booked.reason, dispute.taken_minor, booked.nanos as booked_nanos
      from dispute
      full join booked
        on booked.customer_id = dispute.customer_id and booked.reason = 'dispute ' || dispute.id
     where dispute.id is null or dispute.taken_minor * 10000000 <> coalesce(booked.nanos, 0)
 union all
    select top_up.customer_id, null, top_up.id::text, top_up.disputed_minor, taken.minor
      from top_up
      left join lateral (select coalesce(sum(taken_minor), 0) as minor
                           from dispute
                          where dispute.customer_id = top_up.customer_id
                            and dispute.top_up_id = top_up.id) as taken on true
     where top_up.disputed_minor <> taken.minor
"""

BANK_DEBTS = """
    select debt.customer_id, debt.id as debt_id, debt.cause, ledger.kind
      from debt
      left join ledger_transaction ledger
        on ledger.customer_id = debt.customer_id and ledger.id = debt.ledger_transaction_id
     where (debt.cause = 'bank') <> (coalesce(ledger.kind, '') in ('refund', 'dispute'))
"""

# What was owed for it and is given back comes as a new lot.
RETURNS = """
    with effect as (
        select customer_id, id as refund_or_dispute_id, ledger_transaction_id from refund
     union all
        select customer_id, id, reversal_id from refund where reversal_id is not null
     union all
        select dispute.customer_id, dispute.id, ledger.id
          from dispute
          join ledger_transaction ledger
            on ledger.customer_id = dispute.customer_id and ledger.kind in ('dispute', 'dispute_reversal')
               and ledger.reason = 'dispute ' || dispute.id
    )
    select effect.customer_id, effect.refund_or_dispute_id, moved.lot_id, sum(moved.amount_nanos) as nanos
      from effect
      join lot_movement moved
        on moved.customer_id = effect.customer_id
           and moved.ledger_transaction_id = effect.ledger_transaction_id
      join credit_lot lot on lot.customer_id = moved.customer_id and lot.id = moved.lot_id
     where lot.ledger_transaction_id <> effect.ledger_transaction_id
     group by effect.customer_id, effect.refund_or_dispute_id, moved.lot_id
    having sum(moved.amount_nanos) > 0
"""

INVARIANTS = (
    Invariant("refunds_are_debited", "A refund is what its one transaction took.", DEBITED),
    Invariant("failed_refunds_are_undone", "A failed refund was given back exactly, once.", UNDONE),
    Invariant("refunds_add_up", "What a top-up has refunded is its refunds that did not fail.", ADD_UP),
    Invariant("disputes_are_booked", "What a dispute took is what its transactions took.", DISPUTES),
    Invariant("bank_debts_are_money_back", "Debt of a bank's making is a refund's or dispute's.", BANK_DEBTS),
    Invariant("money_returns_to_its_lots", "No lot gets back more than it gave.", RETURNS),
)
