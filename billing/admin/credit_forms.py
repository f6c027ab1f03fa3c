"""What an operator fills in to give or correct credit: amount, reason, and the form's own token."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from uuid_utils.compat import uuid7

from accounts import text
from accounts.errors import AccountsError
from billing.money import parse_usd
from billing.services.credits import MOST_NANOS

LONGEST_REASON: Final = 300
LONGEST_LIFE_DAYS: Final = 3650


class UsdFormField(forms.CharField):
    """Nanos from a decimal with up to 9 places; zero, or below it, only where that is meant."""

    def __init__(self, *, may_be_negative: bool = False, may_be_zero: bool = False, **options: Any) -> None:
        super().__init__(max_length=24, **options)
        self._may_be_negative = may_be_negative
        self._may_be_zero = may_be_zero

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        if not typed:
            return None
        is_negative = self._may_be_negative and typed.startswith("-")
        try:
            nanos = parse_usd(typed[1:] if is_negative else typed, maximum=MOST_NANOS)
        except ValueError as error:
            raise ValidationError(
                f"An amount in US dollars, such as 12.50: {error}.", code="invalid"
            ) from None
        if nanos == 0 and not self._may_be_zero:
            raise ValidationError("Zero changes nothing.", code="invalid")
        return -nanos if is_negative else nanos


def clean_reason(typed: str) -> str:
    """A reason as the ledger and the operators' log can keep it."""
    try:
        return text.cleaned(typed, field="reason", maximum=LONGEST_REASON)
    except AccountsError as error:
        raise ValidationError(error.detail, code="invalid") from None


class CreditForm(forms.Form):
    """`token` makes sending the form twice post once: it becomes the effect key."""

    amount = UsdFormField(label="Amount, USD")
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Stands on the ledger and on the customer's statement for ever.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])

    def clean_token(self) -> UUID:
        token: UUID = self.cleaned_data["token"]
        return token


class GrantForm(CreditForm):
    expires_in_days = forms.IntegerField(
        label="Lapses after days",
        required=False,
        min_value=1,
        max_value=LONGEST_LIFE_DAYS,
        help_text="Empty: never.",
    )

    field_order = ("amount", "expires_in_days", "reason")


class AdjustForm(CreditForm):
    amount = UsdFormField(
        label="Amount, USD",
        may_be_negative=True,
        help_text="With a minus it is taken away, at most what is available.",
    )
