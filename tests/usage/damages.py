"""One planted damage for each invariant: what an intruder or a bug would write past every guard.

Run as owner with `session_replication_role = replica`. `also` names the other invariants that the same rows
break, because the books say most things twice.
"""

from datetime import timedelta

from tests.usage import payment_damages
from tests.usage.damage import damage

GUARD = "constraints_are_in_place"

ALL = (
    damage(
        "customer_has_wallet",
        "insert into customer (id, name, state, state_reason, state_changed_at, created_at)"
        " values (uuidv7(), 'Nobody', 'active', '', now(), now())",
    ),
    damage(
        "balance_is_journal",
        "update wallet set balance_nanos = balance_nanos + 1 where customer_id = %(alice)s",
        "lots_are_balance",
    ),
    damage("sequence_has_no_gap", "update wallet set last_seq = last_seq + 1 where customer_id = %(alice)s"),
    damage(
        "balances_form_a_chain",
        "update transfer set balance_after_nanos = balance_after_nanos + 1"
        " where customer_id = %(alice)s and wallet_seq = 2",
    ),
    damage(
        "held_is_open_holds",
        "update wallet set held_nanos = held_nanos + 1 where customer_id = %(alice)s",
    ),
    damage("debt_is_journal", "update wallet set debt_nanos = debt_nanos + 1 where customer_id = %(dora)s"),
    damage(
        "never_overdrawn",
        "alter table wallet drop constraint wallet_held_within_balance;"
        "update wallet set held_nanos = balance_nanos + 1 where customer_id = %(charlie)s",
        "held_is_open_holds",
        GUARD,
    ),
    damage(
        "owes_only_without_credit",
        "alter table wallet drop constraint wallet_owes_only_without_free_credit;"
        "update wallet set debt_nanos = 1 where customer_id = %(alice)s",
        "debt_is_journal",
        "cut_off_follows_rule",
        GUARD,
    ),
    damage("cut_off_follows_rule", "update wallet set cut_off_at = now() where customer_id = %(alice)s"),
    damage(
        "transfers_are_sound",
        "alter table transfer drop constraint transfer_between_two_accounts_of_one_currency;"
        "update transfer set debit_account = 242 where customer_id = %(alice)s and wallet_seq = 1",
        "flows_are_known",
        GUARD,
    ),
    damage(
        "transfers_belong",
        "insert into transfer (customer_id, ledger_transaction_id, position, debit_account, credit_account,"
        " amount_nanos) values (%(alice)s, uuidv7(), 0, 111, 112, 5)",
    ),
    damage(
        "transactions_move",
        "insert into ledger_transaction (customer_id, id, kind, reason, posted_at)"
        " values (%(alice)s, uuidv7(), 'adjustment', 'nothing', now())",
    ),
    damage(
        "flows_are_known",
        "update ledger_transaction set kind = 'expiry' where customer_id = %(charlie)s and kind = 'grant'",
    ),
    damage(
        "lots_are_balance",
        "update credit_lot set remaining_nanos = remaining_nanos + 1"
        " where customer_id = %(alice)s and kind = 'promotional'",
        "lots_are_movements",
    ),
    damage(
        "lots_are_movements",
        "update credit_lot set remaining_nanos = remaining_nanos"
        " + case kind when 'promotional' then 1 else -1 end where customer_id = %(alice)s",
    ),
    damage(
        "lots_are_within_amount",
        "alter table credit_lot drop constraint credit_lot_remaining_within_amount;"
        "update credit_lot set amount_nanos = remaining_nanos - 1 where customer_id = %(charlie)s",
        "credit_comes_in_lots",
        GUARD,
    ),
    damage(
        "movements_are_transfers",
        "update lot_movement moved set amount_nanos = moved.amount_nanos"
        " + case when moved.ledger_transaction_id = lot.ledger_transaction_id then 1 else -1 end"
        " from credit_lot lot where lot.id = lot_id and lot.customer_id = %(dora)s",
    ),
    damage(
        "credit_comes_in_lots",
        "update credit_lot set amount_nanos = amount_nanos + 1 where customer_id = %(charlie)s",
    ),
    damage("settled_holds_have_charges", "update hold set state = 'settled' where state = 'released'"),
    damage(
        "charges_settled_their_holds",
        "update hold set state = 'released' where state = 'settled' and customer_id = %(alice)s",
    ),
    damage(
        "holds_end_in_time",
        "update hold set placed_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'"
        " where state = 'open'",
    ),
    damage("holds_are_by_own_keys", "update hold set api_key_id = %(bobs_key)s where state = 'released'"),
    damage("limits_count_spending", "update key_spend set spent_nanos = spent_nanos + 1"),
    damage("limits_count_open_holds", "update key_spend set held_nanos = held_nanos + 1"),
    damage("limited_keys_have_counters", "delete from key_spend"),
    damage("key_cut_off_follows_rule", "update key_spend set cut_off_at = now()"),
    damage(
        "charges_follow_formula",
        "update charge set output = output + 1 where request_id = %(unheld)s;"
        "update usage_daily set output = output + 1 where customer_id = %(alice)s",
    ),
    damage(
        "prices_are_of_the_model",
        "update price_version set model_id = %(other_model)s, effective_at = effective_at + interval '1 hour'"
        " where model_id = %(model)s",
        "prices_were_in_force",
    ),
    damage("prices_are_pinned", "update hold set price_version_id = -1 where state = 'settled'"),
    damage(
        "prices_were_in_force",
        "update price_version set effective_at = now() + interval '1 day' where model_id = %(model)s",
    ),
    damage(
        "charges_are_revenue",
        "update charge set ledger_transaction_id = (select ledger_transaction_id from charge"
        " where request_id = %(unheld)s) where request_id = %(held)s",
    ),
    damage("charges_belong", "update charge set ledger_transaction_id = uuidv7() where amount_nanos = 0"),
    damage(
        "usage_has_charges",
        "insert into ledger_transaction (customer_id, id, kind, reason, posted_at)"
        " values (%(alice)s, uuidv7(), 'usage', '', now())",
    ),
    damage(
        "charges_are_by_own_keys",
        "update charge set api_key_id = %(bobs_key)s where customer_id = %(alice)s;"
        "update usage_daily set api_key_id = %(bobs_key)s where customer_id = %(alice)s",
    ),
    damage(
        "corrections_have_originals",
        "update charge set gateway_id = gateway_id + 1 where corrects is not null",
    ),
    damage(
        "verdicts_are_charged",
        "update usage_conflict set corrected_by = uuidv7() where verdict = 'corrected'",
    ),
    damage(
        "daily_totals_are_charges",
        "update usage_daily set requests = requests + 1 where customer_id = %(alice)s",
    ),
    damage("debts_have_causes", "update debt set amount_nanos = amount_nanos - 1"),
    damage("causes_were_charged", "update debt set gateway_id = gateway_id + 1"),
    damage("causes_had_holds", "update debt set cause = 'hold_ended'"),
    damage(
        "debts_are_excess",
        "update hold set amount_nanos = amount_nanos + 1 where customer_id = %(dora)s;"
        "update charge set hold_amount_nanos = hold_amount_nanos + 1 where customer_id = %(dora)s",
    ),
    damage("triggers_guard", "alter table charge disable trigger charge_append_only"),
    damage("app_may_only_append", "grant update on debt to app"),
    damage(GUARD, "alter table wallet drop constraint wallet_currency_known"),
    damage(
        "partitions_reach_ahead",
        "update hold set expires_at = now() + interval '300 days' where state = 'open';"
        "delete from usage_event; delete from provider_event",
        after=timedelta(days=200),
    ),
    damage("positions_have_no_gap", "delete from key_event where position = 2"),
    damage(
        "states_are_published",
        "insert into outbox (customer_id, state_version, created_at)"
        " values (%(alice)s, 1, now() - interval '1 hour')",
    ),
    damage("usage_is_settled", "update usage_event set received_at = now() - interval '1 hour'"),
    *payment_damages.ALL,
)
