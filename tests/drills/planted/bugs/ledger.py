"""The book: debits, lots, debts, the journal's chain."""

from tests.drills.planted.bug import Bug, Patch

_BOOK = "billing/ledger/book.py"
_LOTS = "tests/billing/test_lots.py"
_CREDITS = "tests/billing/test_credits.py"
_SETTLED = "tests/usage/test_settlement.py"

BUGS = (
    Bug(
        name="debit_takes_what_is_held",
        says="a debit takes what running holds have set aside; the CHECK still refuses it",
        tests=(_SETTLED,),
        patches=(
            Patch(
                _BOOK,
                "taken = min(amount, self.wallets[entry.customer_id].available)",
                "taken = min(amount, self.wallets[entry.customer_id].balance)",
            ),
        ),
    ),
    Bug(
        name="debt_without_cause",
        says="debt is counted on the wallet, and no row says why",
        tests=(_SETTLED,),
        patches=(Patch(_BOOK, "            self._owed.append((entry, owed))\n", ""),),
    ),
    Bug(
        name="debt_not_repaid",
        says="credit comes, and debt stays",
        tests=(_CREDITS, _SETTLED),
        patches=(Patch(_BOOK, "            self._repay(wallet)\n", ""),),
    ),
    Bug(
        name="journal_skips_a_number",
        says="transfers on a wallet are numbered with gaps",
        tests=(_CREDITS, _LOTS, "tests/usage/test_audit.py"),
        patches=(Patch(_BOOK, "wallet.last_seq += 1", "wallet.last_seq += 2"),),
    ),
    Bug(
        name="balance_after_is_before",
        says="a transfer carries the balance as it was before it",
        tests=(_CREDITS, _LOTS, "tests/usage/test_statements.py"),
        patches=(
            Patch(
                _BOOK,
                "            wallet.balance += amount if credit == LedgerAccount.WALLET else -amount\n"
                "            wallet.last_seq += 1\n"
                "            seq, balance_after = wallet.last_seq, wallet.balance\n",
                "            wallet.last_seq += 1\n"
                "            seq, balance_after = wallet.last_seq, wallet.balance\n"
                "            wallet.balance += amount if credit == LedgerAccount.WALLET else -amount\n",
            ),
        ),
    ),
    Bug(
        name="bought_credit_first",
        says="lots are spent in the order of their age, whatever their kind",
        tests=(f"{_LOTS}::TestSpending",),
        patches=(
            Patch(
                "billing/ledger/accounts.py",
                "            self.kind != LotKind.PROMOTIONAL,\n",
                "            False,\n",
            ),
        ),
    ),
    Bug(
        name="expired_lot_takes_what_is_held",
        says="credit lapses although running holds have set it aside",
        tests=(f"{_LOTS}::TestExpire",),
        patches=(
            Patch(
                "billing/services/lots.py",
                "lapsing = min(remaining, book.wallets[customer_id].available)",
                "lapsing = min(remaining, book.wallets[customer_id].balance)",
            ),
        ),
    ),
    Bug(
        name="expired_lot_spends_another",
        says="a lot that lapses is taken from the lots that are spent first",
        tests=(f"{_LOTS}::TestExpire",),
        patches=(
            Patch("billing/services/lots.py", ", lot_id=lot_id)\n        book.save", ")\n        book.save"),
        ),
    ),
    Bug(
        name="effect_posted_twice",
        says="a repeated effect is posted again: neither the look-up nor the unique key is there",
        tests=(f"{_CREDITS}::TestGrant",),
        patches=(
            Patch("billing/services/credits.py", "    return bool(posted)", "    return not posted and None"),
        ),
        drops=("drop index ledger_transaction_effect_once",),
    ),
    Bug(
        name="effect_with_another_amount",
        says="an effect key that was posted stands for any other amount too",
        tests=(f"{_CREDITS}::TestGrant", f"{_CREDITS}::TestAdjust"),
        patches=(
            Patch(
                "billing/services/credits.py",
                "(row.kind, row.amount_nanos) != (kind.value, amount_nanos)",
                "row.kind != kind.value",
            ),
        ),
    ),
    Bug(
        name="adjustment_below_zero",
        says="a correction by hand takes more than is available, as far as it goes",
        tests=(f"{_CREDITS}::TestAdjust",),
        patches=(
            Patch(
                "billing/services/credits.py",
                "elif -amount_nanos > book.wallets[customer_id].available:",
                "elif -amount_nanos < 0:",
            ),
        ),
    ),
)
