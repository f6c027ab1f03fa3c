"""Cut-offs, and telling gateways of them."""

from tests.drills.planted.bug import Bug, Patch

_BOOK = "billing/ledger/book.py"
_CUT_OFF = "tests/billing/test_cut_off.py"

BUGS = (
    Bug(
        name="cut_off_not_judged",
        says="a customer whose credit ran out keeps working keys",
        tests=(_CUT_OFF,),
        patches=(Patch(_BOOK, "            self._judge(wallet)\n", ""),),
    ),
    Bug(
        name="cut_off_judged_on_available",
        says="running holds cut their customer off, and flap its keys",
        tests=(_CUT_OFF,),
        patches=(Patch(_BOOK, "balance_nanos=wallet.balance,", "balance_nanos=wallet.available,"),),
    ),
    Bug(
        name="debt_does_not_cut_off",
        says="a customer that owes keeps working keys",
        tests=(_CUT_OFF,),
        patches=(
            Patch(
                "billing/cut_off.py",
                "if balance_nanos < settings.CUT_OFF_BELOW_NANOS or debt_nanos > 0:",
                "if balance_nanos < settings.CUT_OFF_BELOW_NANOS:",
            ),
        ),
    ),
    Bug(
        name="change_not_published",
        says="a change of what keys may do is not put into the outbox",
        tests=(_CUT_OFF, "tests/billing/test_key_states.py"),
        patches=(
            Patch(
                _BOOK,
                "rows.write_outbox([w for w in self.wallets.values() if w.keys_changed], now=self.now)",
                "rows.write_outbox([], now=self.now)",
            ),
        ),
    ),
    Bug(
        name="version_stands_still",
        says="a change of what keys may do is published under the old version",
        tests=("tests/billing/test_key_states.py",),
        patches=(Patch(_BOOK, "        wallet.state_version += wallet.keys_changed\n", ""),),
    ),
)
