"""One planted damage for each invariant of payments, refunds and disputes."""

from tests.usage.damage import Damage, damage

ALL: tuple[Damage, ...] = (
    damage("top_ups_are_credited", "update top_up set payment_id = 'pi_other' where provider = 'stripe'"),
    damage(
        "credit_was_paid",
        "update top_up set state = 'processing', paid_at = null, ledger_transaction_id = null, lot_id = null"
        " where idempotency_key = 'plain'",
        "papers_are_true",
    ),
    damage(
        "top_ups_keep_their_rate",
        "update top_up set cny_per_usd_micros = cny_per_usd_micros - 1 where provider = 'alipay'",
    ),
    damage("redemptions_were_granted", "update redemption_code set uses = uses - 1"),
    damage("messages_are_handled", "update provider_event set received_at = now() - interval '11 minutes'"),
    damage(
        "top_ups_are_asked_about",
        "update top_up set next_check_at = null, created_at = now() - interval '2 hours'"
        " where state = 'open'",
    ),
    damage(
        "refunds_are_debited",
        "update refund set bonus_nanos = bonus_nanos + 1 where state = 'succeeded'",
        "papers_are_true",
    ),
    damage(
        "failed_refunds_are_undone",
        "update ledger_transaction set effect_key = 'refund:other' where kind = 'refund_reversal'",
    ),
    damage("refunds_add_up", "update top_up set refunded_minor = refunded_minor + 1 where state = 'paid'"),
    damage(
        "disputes_are_booked",
        "update dispute set taken_minor = taken_minor - 1;"
        "update top_up set disputed_minor = disputed_minor - 1 where disputed_minor > 0",
    ),
    damage("bank_debts_are_money_back", "update debt set cause = 'bank'"),
    damage(
        "money_returns_to_its_lots",
        "update lot_movement moved set lot_id = other.id from ledger_transaction ledger, credit_lot other"
        " where ledger.id = moved.ledger_transaction_id and ledger.kind = 'dispute_reversal'"
        " and moved.amount_nanos = 4000000000"
        " and other.customer_id = moved.customer_id and other.kind = 'promotional'"
        " and other.ledger_transaction_id in (select id from ledger_transaction where effect_key = 'code:1')",
        "lots_are_movements",
    ),
    damage("papers_have_no_gaps", "delete from paper where number = 1"),
    damage("papers_are_true", "update paper set content = jsonb_set(content, '{amount_minor}', '1')"),
)
