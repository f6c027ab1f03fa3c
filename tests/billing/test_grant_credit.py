from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import CreditLot, LedgerTransaction, Wallet
from tests import cast

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    stdout = StringIO()
    call_command("grant_credit", *arguments, stdout=stdout)
    return stdout.getvalue()


class TestGrantCredit:
    def test_restores_a_customer_without_credit(self):
        dora = cast.player("Dora")
        assert dora.wallet().cut_off_at is not None

        told = run("Dora@example.com", "0.25", "--reason", "an apology")

        wallet = dora.wallet()
        assert (wallet.balance_nanos, wallet.cut_off_at) == (250_000_000, None)
        assert LedgerTransaction.objects.get().reason == "an apology"
        assert told == "Gave $0.25 to Dora: balance $0.25, held $0, debt $0\n"

    def test_gives_credit_that_expires(self):
        cast.player("Dora")

        run("dora@example.com", "5", "--reason", "a trial", "--expires-in-days", "30")

        lot = CreditLot.objects.get()
        assert lot.expires_at is not None
        assert (lot.expires_at - lot.created_at).days == 30

    def test_gives_a_named_grant_once(self):
        dora = cast.player("Dora")

        run("dora@example.com", "5", "--reason", "a contest", "--once", "contest-2026")
        told = run("dora@example.com", "5", "--reason", "a contest", "--once", "contest-2026")

        assert dora.wallet().balance_nanos == 5 * cast.USD
        assert told.startswith("Given before, nothing changed for Dora")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("stranger@example.com", "5", "--reason", "x"),
            ("dora@example.com", "5"),
            ("dora@example.com", "5", "--reason", " "),
            ("dora@example.com", "0", "--reason", "x"),
            ("dora@example.com", "-5", "--reason", "x"),
            ("dora@example.com", "1e3", "--reason", "x"),
            ("dora@example.com", "0.0000000001", "--reason", "x"),
            ("dora@example.com", "1000001", "--reason", "x"),
            ("dora@example.com", "5", "--reason", "x", "--expires-in-days", "0"),
        ],
    )
    def test_says_what_is_wrong(self, arguments):
        cast.player("Dora")

        with pytest.raises(CommandError):
            run(*arguments)

        assert Wallet.objects.get().balance_nanos == 0
