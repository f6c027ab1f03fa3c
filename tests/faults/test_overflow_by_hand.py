"""Amounts that fit no column, from people: commands, forms and the services behind them refuse them."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import LimitPeriod, User
from billing.admin.credit_forms import GrantForm, UsdFormField
from billing.errors import BillingError
from billing.services import credits, key_limits
from tests import cast
from tests.cast import USD
from tests.faults.test_overflow import AMOUNTS
from tests.usage.test_api_strict_input import all_rows

pytestmark = pytest.mark.django_db

TYPED = [*AMOUNTS, "\uff11", "1_000", "1000000.000000001", "0x1", "1,5", "+1"]


@pytest.fixture
def alice() -> cast.Player:
    return cast.player("Alice", 1 * USD)


class TestAmounts:
    @pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 2**53 + 1, 2**63 - 1, 2**63, 10**30])
    def test_of_credit_outside_a_million_dollars_are_refused(self, amount: int, alice: cast.Player):
        author_id, before = User.objects.get().id, all_rows()
        common: dict[str, Any] = {"customer_id": alice.id, "reason": "test", "now": timezone.now()}
        with pytest.raises(BillingError):
            credits.grant(amount_nanos=amount, effect_key="grant:1", **common)
        # A nano up or down is a correction.
        for signed in {amount, -amount} - {1, -1}:
            with pytest.raises(BillingError):
                credits.adjust(amount_nanos=signed, effect_key="adjust:1", author_id=author_id, **common)
        assert all_rows() == before

    @pytest.mark.parametrize("text", [*AMOUNTS, "\uff11", "1_000", " 1", "0", "1000000.000000001", "0x1", ""])
    def test_of_the_command_are_refused(self, text: str, alice: cast.Player):
        before = all_rows()
        with pytest.raises(CommandError):
            call_command("grant_credit", "alice@example.com", text, "--reason=test", stdout=StringIO())
        assert all_rows() == before


class TestLimits:
    @pytest.mark.parametrize("nanos", [-1, 2**63 - 1, 2**63, 10**30])
    def test_that_no_key_can_have_are_refused(self, nanos: int, alice: cast.Player):
        before = all_rows()
        with pytest.raises(BillingError):
            key_limits.set_limit(
                customer=alice.customer,
                api_key_id=alice.api_key_id,
                limit_nanos=nanos,
                period=LimitPeriod.DAY,
                now=timezone.now(),
            )
        assert all_rows() == before

    @pytest.mark.parametrize("text", TYPED)
    def test_of_the_command_are_refused(self, text: str, alice: cast.Player):
        before = all_rows()
        with pytest.raises(CommandError):
            call_command("set_key_limit", str(alice.api_key_id), text, "day", "--reason=test")
        assert all_rows() == before


class TestForms:
    @pytest.mark.parametrize("typed", TYPED)
    def test_of_operators_say_what_is_wrong(self, typed: str):
        with pytest.raises(ValidationError):
            UsdFormField().clean(typed)
        if typed != "-1":
            with pytest.raises(ValidationError):
                UsdFormField(may_be_negative=True).clean(f"-{typed}")

    @pytest.mark.parametrize("days", ["-1", "0", "1.5", "1e3", str(2**31), str(2**63), str(10**30)])
    def test_of_operators_give_no_credit_for_impossible_times(self, days: str):
        form = GrantForm({"amount": "1", "reason": "test", "expires_in_days": days, "token": "x"})
        assert "expires_in_days" in form.errors
