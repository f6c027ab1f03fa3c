"""Constraints, keys and triggers that a migration of the copy drops.

All CHECKs go together: what attacks one of them asks for its name, so that no other can stand in for it.
"""

from tests.drills.planted.bug import Bug

_ROWS = "tests/billing/test_constraints.py"
_WALLETS = f"{_ROWS}::TestConstraint::test_refuses_a_bad_wallet"
_BAD_ROWS = f"{_ROWS}::TestConstraint::test_refuses_a_bad_row"
_TAKEN = f"{_ROWS}::TestConstraint::test_refuses_a_row_that_exists"
_LIMITS = "tests/billing/test_limit_constraints.py"

# Every CHECK of the tables that hold money, with the test that attacks it.
CHECKS: dict[str, dict[str, str]] = {
    "wallet": {
        "wallet_currency_known": _WALLETS,
        "wallet_balance_not_negative": _WALLETS,
        "wallet_held_within_balance": _WALLETS,
        "wallet_owes_only_without_free_credit": _WALLETS,
    },
    "credit_lot": {
        "credit_lot_kind_known": _BAD_ROWS,
        "credit_lot_remaining_within_amount": _BAD_ROWS,
        "credit_lot_amount_positive": _BAD_ROWS,
    },
    "transfer": {
        "transfer_amount_positive": _BAD_ROWS,
        "transfer_accounts_known": _BAD_ROWS,
        "transfer_between_two_accounts_of_one_currency": _BAD_ROWS,
        "transfer_on_wallet_is_chained": _BAD_ROWS,
    },
    "debt": {
        "debt_amount_positive": _BAD_ROWS,
        "debt_cause_known": _BAD_ROWS,
        "debt_of_usage_names_gateway_and_request": _BAD_ROWS,
    },
    "hold": {
        "hold_request_id_is_v7": _BAD_ROWS,
        "hold_amount_not_negative": _BAD_ROWS,
        "hold_bounds_not_negative": _BAD_ROWS,
        "hold_expires_after_placing": _BAD_ROWS,
        "hold_state_known": _BAD_ROWS,
        "hold_counts_where_placed": _LIMITS,
        "hold_resumes_after_limit": _LIMITS,
    },
    "charge": {
        "charge_request_id_is_v7": _BAD_ROWS,
        "charge_outcome_known": _BAD_ROWS,
        "charge_evidence_known": _BAD_ROWS,
        "charge_negative_only_as_correction": _BAD_ROWS,
    },
    "key_spend": {"key_spend_held_not_negative": _LIMITS},
}


def _check(table: str, name: str, test: str) -> Bug:
    return Bug(
        name=f"no_{name}",
        says=f"the CHECK {name} is dropped from {table}",
        tests=(test,),
        drops=(f"alter table {table} drop constraint {name}",),
        batch="checks",
        sign=name,
    )


BUGS = (
    *(_check(table, name, test) for table, checks in CHECKS.items() for name, test in checks.items()),
    Bug(
        name="no_charge_pkey",
        says="the primary key of charge is dropped: a request may be charged twice",
        tests=(f"{_TAKEN}[app-charge]", f"{_TAKEN}[owner-charge]"),
        drops=("alter table charge drop constraint charge_pkey cascade",),
    ),
    Bug(
        name="no_hold_pkey",
        says="the primary key of hold is dropped: a request id may have two holds",
        tests=(f"{_TAKEN}[app-hold]", f"{_TAKEN}[owner-hold]"),
        drops=("alter table hold drop constraint hold_pkey cascade",),
    ),
    Bug(
        name="no_key_spend_pkey",
        says="the primary key of key_spend is dropped: a limit may have two counters",
        tests=(_LIMITS,),
        drops=("alter table key_spend drop constraint key_spend_pkey cascade",),
    ),
    Bug(
        name="no_effect_key",
        says="the unique effect key is dropped: an effect from outside may post twice",
        tests=(f"{_ROWS}::TestConstraint::test_posts_an_effect_once",),
        drops=("drop index ledger_transaction_effect_once",),
    ),
    Bug(
        name="no_wallet_seq",
        says="the unique wallet_seq is dropped: two transfers may have one number",
        tests=(_BAD_ROWS,),
        drops=("alter table transfer drop constraint transfer_wallet_seq_once",),
    ),
    Bug(
        name="no_append_only_charge",
        says="charges may be changed: trigger and privilege are gone",
        tests=(f"{_ROWS}::TestAppendOnly",),
        drops=("drop trigger charge_append_only on charge", "grant update, delete on charge to app"),
    ),
    Bug(
        name="no_append_only_transfer",
        says="the owner may rewrite the journal: its trigger is gone",
        tests=(f"{_ROWS}::TestAppendOnly",),
        drops=("drop trigger transfer_append_only on transfer",),
    ),
)
