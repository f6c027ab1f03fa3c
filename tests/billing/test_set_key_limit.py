"""Limiting a key from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey, OperatorAction
from billing.models import KeySpend
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    stdout = StringIO()
    call_command("set_key_limit", *arguments, stdout=stdout)
    return stdout.getvalue()


class TestSetKeyLimit:
    def test_limits_a_key_and_tells_what_counts(self):
        cast.model()
        alice = cast.player("Alice", USD)
        cast.hold(alice, out=1000)

        told = run(str(alice.api_key_id), "0.25", "week", "--reason", "asked for")

        key = ApiKey.objects.get()
        assert (key.limit_nanos, key.limit_period) == (250_000_000, "week")
        assert KeySpend.objects.get().held_nanos == 1000 * OUTPUT_TOKEN
        assert told == (
            f"{key.name} of Alice may spend $0.25 (week): spent $0, held $0.005295, "
            "remaining $0.244705, active\n"
        )
        logged = OperatorAction.objects.get(action="limit_key")
        assert (logged.reason, logged.object_id) == ("asked for", str(key.id))
        assert logged.detail == {"limit": {"amount_usd": "0.25", "period": "week"}}

    def test_clears_a_limit(self):
        alice = cast.player("Alice", USD)
        cast.limit(alice, 0)
        assert run(str(alice.api_key_id), "--clear").endswith("of Alice has no limit: active\n")
        assert not KeySpend.objects.exists()

    @pytest.mark.parametrize(
        "arguments", [[], ["5"], ["5", "year"], ["5", "day", "--clear"], ["-1", "day"], ["1e3", "day"]]
    )
    def test_refuses_what_is_no_limit(self, arguments: list[str]):
        alice = cast.player("Alice", USD)
        with pytest.raises(CommandError):
            run(str(alice.api_key_id), *arguments)
        assert not KeySpend.objects.exists()

    @pytest.mark.parametrize("api_key_id", ["1", "01a20a3b-3043-7450-b58e-5a2c7ced9766"])
    def test_knows_no_other_key(self, api_key_id: str):
        with pytest.raises(CommandError):
            run(api_key_id, "5", "day")
