"""What an operator fills in to set a rate or bonuses: once to see what it means, once more to set it."""

import hashlib
import json
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from billing.admin.credit_forms import LONGEST_REASON, clean_reason
from billing.money import parse_usd
from billing.services.top_ups.set_offers import MOST_DAYS, MOST_PPM, Tier
from catalog.decimals import parse_fixed

RATE_PLACES: Final = 6
PERCENT_PLACES: Final = 4
MOST_RATE_MICROS: Final = 1_000 * 10**RATE_PLACES


class OfferForm(forms.Form):
    """`confirmed` names the values that were shown before: others are shown again."""

    effective_in_minutes = forms.IntegerField(
        label="In force after minutes", min_value=0, max_value=60 * 24 * 60, initial=0
    )
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"class": "vTextField"}))
    confirmed = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])

    @property
    def digest(self) -> str:
        """Names the values as they were typed."""
        typed = {name: self.data.get(name, "") for name in self.fields if name != "confirmed"}
        return hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()

    @property
    def is_confirmed(self) -> bool:
        return bool(self.cleaned_data["confirmed"] == self.digest)


class RateForm(OfferForm):
    rate = forms.CharField(label="CNY for one USD", max_length=12)

    field_order = ("rate", "effective_in_minutes", "reason")

    def clean_rate(self) -> int:
        try:
            return parse_fixed(self.cleaned_data["rate"].strip(), RATE_PLACES, MOST_RATE_MICROS)
        except ValueError as error:
            raise ValidationError(f"A rate, such as 7.2: {error}.", code="invalid") from None


class PlanForm(OfferForm):
    tiers = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text="A line for each tier: from how many USD on how many percent. 50 5 is: from $50 on, 5 %.",
    )
    expires_days = forms.IntegerField(
        label="Bonus lapses after days",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="Empty: never.",
    )

    field_order = ("tiers", "expires_days", "effective_in_minutes", "reason")

    def clean_tiers(self) -> list[Tier]:
        lines = (line.split() for line in self.cleaned_data["tiers"].splitlines())
        return [_tier(words) for words in lines if words]


def _tier(words: list[str]) -> Tier:
    try:
        start, percent = words
        return Tier(parse_usd(start), parse_fixed(percent.rstrip("%"), PERCENT_PLACES, MOST_PPM))
    except ValueError:
        raise ValidationError(f"{' '.join(words)}: two numbers, such as 50 5.", code="invalid") from None


def without_confirmation(data: Any, digest: str) -> Any:
    """The same answers, with the mark that they were shown."""
    marked = data.copy()
    marked["confirmed"] = digest
    return marked
