"""The locking rule: wallets first, in one order, and everything is read after."""

from tests.drills.planted.bug import Bug, Patch

_STATEMENT = "billing/services/holds/statement.py"
_ROWS = "billing/ledger/rows.py"
_WAITED = "tests/concurrency/test_key_changes.py::TestHoldThatWaited"

BUGS = (
    Bug(
        name="stale_balance",
        says="a hold is judged on the balance as it was before the wallet's lock",
        tests=(f"{_WAITED}::test_spends_the_credit_that_it_waited_for",),
        patches=(
            Patch(
                _STATEMENT,
                "select locked.customer_id, locked.balance_nanos - locked.held_nanos as available",
                "select locked.customer_id, (select old.balance_nanos - old.held_nanos from wallet old"
                " where old.customer_id = locked.customer_id) as available",
            ),
        ),
    ),
    Bug(
        name="revocation_not_locked",
        says="a hold reads key and customer without locking them",
        tests=(f"{_WAITED}::test_sees_what_it_waited_for",),
        patches=(Patch(_STATEMENT, "           for share of api_key, customer\n", ""),),
    ),
    Bug(
        name="key_limit_by_sub_select",
        says="a hold reads the counter of its key's limit without locking it",
        tests=("tests/concurrency/test_key_limits.py::TestHoldThatWaited",),
        patches=(Patch(_STATEMENT, "           for update of key_spend\n", ""),),
    ),
    Bug(
        name="lots_read_in_the_locking_statement",
        says="what lots have left is read by the statement that waits for the wallet",
        tests=("tests/concurrency/test_credits.py",),
        patches=(
            Patch(
                _ROWS,
                "cut_off_at, last_seq\n      from wallet\n",
                "cut_off_at, last_seq,\n"
                "           (select jsonb_object_agg(id, remaining_nanos) from credit_lot\n"
                "             where credit_lot.customer_id = wallet.customer_id)\n      from wallet\n",
            ),
            Patch(
                _ROWS,
                "    found = {row[0]: LockedWallet(*row) for row in sql.fetch_tuples(LOCK_WALLETS,",
                "    _seen.lots = {}\n"
                "    found = {row[0]: _locked(row) for row in sql.fetch_tuples(LOCK_WALLETS,",
            ),
            Patch(
                _ROWS,
                "    return {row[0]: LockedWallet(*row) for row in found}",
                "    _seen.lots = {}\n    return {row[0]: _locked(row) for row in found}",
            ),
            Patch(
                _ROWS,
                "        lots.setdefault(customer_id, []).append(Lot(lot_id, LotKind(kind), *rest))",
                "        rest[1] = _seen.lots.get(str(lot_id), rest[1])\n"
                "        lots.setdefault(customer_id, []).append(Lot(lot_id, LotKind(kind), *rest))",
            ),
            Patch(
                _ROWS,
                "LOCK_FREE_WALLETS = ",
                "import threading\n\n_seen = threading.local()\n\n\ndef _locked(row):\n"
                "    _seen.lots.update(row[8] or {})\n    return LockedWallet(*row[:8])\n\n\n"
                "LOCK_FREE_WALLETS = ",
            ),
        ),
    ),
    Bug(
        name="wallets_read_without_lock",
        says="a money transaction reads its wallets and does not lock them",
        tests=("tests/concurrency/test_credits.py",),
        patches=(
            Patch(_ROWS, "     order by customer_id\n       for update\n", "     order by customer_id\n"),
            Patch(_ROWS, 'LOCK_WALLETS + " skip locked"', 'LOCK_WALLETS + " for update skip locked"'),
        ),
    ),
    Bug(
        name="unsorted_locks",
        says="wallets are locked from the highest customer id down, against everybody else",
        tests=("tests/concurrency/test_locks.py",),
        patches=(
            Patch(
                _ROWS,
                "     order by customer_id\n       for update",
                "     order by customer_id desc\n       for update",
            ),
        ),
    ),
    Bug(
        name="second_publisher",
        says="two publishers give out positions at once",
        tests=("tests/concurrency/test_publisher.py",),
        patches=(
            Patch(
                "billing/services/publisher.py",
                'if not sql.fetch("select pg_try_advisory_xact_lock(%s) as mine", [ADVISORY_LOCK])[0].mine:',
                'if not sql.fetch("select %s > 0 as mine", [ADVISORY_LOCK])[0].mine:',
            ),
        ),
    ),
    Bug(
        name="older_state_cached",
        says="an older state of a key replaces a newer one in Valkey",
        tests=("tests/billing/test_publisher.py",),
        patches=(
            Patch(
                "billing/services/publisher.py",
                "['state_version'] >= tonumber(ARGV[2]) then return 0",
                "['state_version'] < 0 then return 0",
            ),
        ),
    ),
)
