"""Credit that was bought or given, against what was paid for it; and whether anything of it is left lying."""

from usage.audit.invariant import Invariant

CREDITED = """
    select top_up.customer_id, top_up.id as top_up_id, top_up.ledger_transaction_id, ledger.kind,
           ledger.effect_key, moved.credit_nanos as credited_nanos, moved.bonus_nanos as credited_bonus_nanos
      from top_up
      left join ledger_transaction ledger
        on ledger.customer_id = top_up.customer_id and ledger.id = top_up.ledger_transaction_id
      left join credit_lot bought on bought.customer_id = top_up.customer_id and bought.id = top_up.lot_id
      left join credit_lot bonus on bonus.customer_id = top_up.customer_id and bonus.id = top_up.bonus_lot_id
      left join (select customer_id, ledger_transaction_id,
                        sum(amount_nanos) filter (where debit_account <> 141) as credit_nanos,
                        sum(amount_nanos) filter (where debit_account = 141) as bonus_nanos
                   from transfer
                  where credit_account = %(wallet)s
                  group by customer_id, ledger_transaction_id) as moved
        on moved.customer_id = top_up.customer_id
           and moved.ledger_transaction_id = top_up.ledger_transaction_id
     where top_up.state = 'paid'
       and ((ledger.kind, bought.kind, bought.ledger_transaction_id, bought.amount_nanos, moved.credit_nanos,
             coalesce(moved.bonus_nanos, 0))
            is distinct from ('top_up', 'bought', top_up.ledger_transaction_id, top_up.credit_nanos,
                              top_up.credit_nanos::numeric, top_up.bonus_nanos::numeric)
            or (top_up.bonus_nanos > 0
                and (bonus.kind, bonus.ledger_transaction_id, bonus.amount_nanos)
                    is distinct from ('promotional', top_up.ledger_transaction_id, top_up.bonus_nanos))
            or (top_up.bonus_nanos = 0 and top_up.bonus_lot_id is not null)
            or coalesce(ledger.effect_key, '') not like
               case top_up.provider
                   when 'stripe' then 'stripe:pi:' || replace(top_up.payment_id, '_', '\\_') || ':credit'
                   else 'alipay:%%:' || replace(top_up.id::text, '-', '') || ':credit'
               end)
"""

WAS_PAID = """
    select ledger.customer_id, ledger.id as ledger_transaction_id, count(top_up.id) as top_ups
      from ledger_transaction ledger
      left join top_up
        on top_up.customer_id = ledger.customer_id and top_up.ledger_transaction_id = ledger.id
           and top_up.state = 'paid'
     where ledger.kind = 'top_up'
     group by ledger.customer_id, ledger.id
    having count(top_up.id) <> 1
"""

# Cents and fen are 10^7 nanos; what a rate leaves over is the house's.
RATE = """
    select top_up.customer_id, top_up.id as top_up_id, top_up.amount_minor, top_up.cny_per_usd_micros,
           top_up.credit_nanos, legs.cny_nanos
      from top_up
      left join (select customer_id, ledger_transaction_id,
                        sum(amount_nanos) filter (where debit_account = 211 and credit_account = 221)
                            as cny_nanos,
                        count(*) filter (where debit_account = 111) as by_stripe,
                        count(*) filter (where debit_account = 121) as by_alipay
                   from transfer
                  where debit_account in (111, 121, 211)
                  group by customer_id, ledger_transaction_id) as legs
        on legs.customer_id = top_up.customer_id
           and legs.ledger_transaction_id = top_up.ledger_transaction_id
     where top_up.credit_nanos::numeric
           <> div(top_up.amount_minor::numeric * 10000000 * 1000000,
                  coalesce(top_up.cny_per_usd_micros, 1000000))
        or (top_up.state = 'paid'
            and (coalesce(legs.cny_nanos, 0), legs.by_stripe, legs.by_alipay)
                is distinct from (top_up.amount_minor * 10000000 * (top_up.provider = 'alipay')::int,
                                  (top_up.provider = 'stripe')::int, (top_up.provider = 'alipay')::int))
"""

GRANTED = """
    with given as (
        select customer_id, ledger_transaction_id, sum(amount_nanos) as nanos
          from transfer
         where debit_account = 141 and credit_account = %(wallet)s
         group by customer_id, ledger_transaction_id
    )
    select redemption.customer_id, redemption.code_id, redemption.number, ledger.kind, given.nanos
      from redemption
      join redemption_code code on code.id = redemption.code_id
      left join ledger_transaction ledger
        on ledger.customer_id = redemption.customer_id and ledger.id = redemption.ledger_transaction_id
      left join given
        on given.customer_id = redemption.customer_id
           and given.ledger_transaction_id = redemption.ledger_transaction_id
     where (ledger.kind, given.nanos) is distinct from ('grant', code.credit_nanos::numeric)
 union all
    select null, code.id, code.uses, null, null
      from redemption_code code
     where code.uses <> (select count(*) from redemption where redemption.code_id = code.id)
 union all
    select redemption.customer_id, null, count(*), null, null
      from redemption
     group by redemption.customer_id, redemption.ledger_transaction_id
    having count(*) > 1
 union all
    select welcome.customer_id, null, null, 'welcome', welcome.amount_nanos
      from welcome_grant welcome
     where not exists (select from ledger_transaction ledger
                         join given
                           on given.customer_id = ledger.customer_id
                              and given.ledger_transaction_id = ledger.id
                        where ledger.customer_id = welcome.customer_id and ledger.kind = 'grant'
                          and ledger.posted_at = welcome.granted_at and given.nanos = welcome.amount_nanos)
"""

MESSAGES = """
    select id as provider_event_id, provider, kind, received_at, attempts, code
      from provider_event
     where state = 'waiting' and received_at < %(now)s::timestamptz - interval '10 minutes'
"""

ASKED_ABOUT = """
    select customer_id, id as top_up_id, state, created_at
      from top_up
     where state in ('created', 'open', 'processing') and next_check_at is null
       and created_at < %(now)s::timestamptz - interval '1 hour'
"""

INVARIANTS = (
    Invariant("top_ups_are_credited", "A paid top-up has its credit and bonus, once, in its lots.", CREDITED),
    Invariant("credit_was_paid", "Every transaction of a top-up has one paid top-up.", WAS_PAID),
    Invariant("top_ups_keep_their_rate", "Credit is the amount at its rate, rounded down.", RATE),
    Invariant("redemptions_were_granted", "Codes and welcomes gave what they say, once.", GRANTED),
    Invariant("messages_are_handled", "No payment message waits longer than 10 minutes.", MESSAGES),
    Invariant("top_ups_are_asked_about", "No unpaid top-up is forgotten before it ends.", ASKED_ABOUT),
)
