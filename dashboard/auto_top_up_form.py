"""What somebody typed about automatic top-ups, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.utils.text import capfirst

from billing.errors import BillingError
from billing.models import AutoTopUp
from billing.money import format_usd
from billing.payments import currencies
from billing.services.auto_top_ups.settings import CURRENCY, Terms
from catalog.decimals import parse_fixed
from dashboard import amounts

FIELDS: Final = ("threshold", "amount", "monthly_cap", "card")
USUAL: Final = {"threshold": "5", "amount": "20", "monthly_cap": "100"}
_MOST_MINOR: Final = 10**10


@dataclass(frozen=True, slots=True)
class AutoTopUpForm:
    """The fields as text, and an error for each that cannot be."""

    typed: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)

    def refused(self, error: BillingError) -> "AutoTopUpForm":
        """The same with what the service said of it."""
        name = error.extra.get("field", "")
        return AutoTopUpForm(self.typed, {name if name in FIELDS else "": f"{capfirst(error.detail)}."})

    def terms(self) -> "Terms | AutoTopUpForm":
        """What was typed, or the form with its errors."""
        minors: dict[str, int] = {}
        errors = {}
        for name in USUAL:
            try:
                minors[name] = parse_fixed(self.typed[name], currencies.places(CURRENCY), _MOST_MINOR)
            except ValueError:
                errors[name] = "Type an amount in digits, such as 20 or 20.50."
        card = _uuid(self.typed["card"])
        if card is None:
            errors["card"] = "Choose a card."
        if errors or card is None:
            return AutoTopUpForm(self.typed, errors)
        threshold_nanos = currencies.to_nanos(minors["threshold"], CURRENCY)
        return Terms(threshold_nanos, minors["amount"], minors["monthly_cap"], card)


def of(auto: AutoTopUp | None) -> AutoTopUpForm:
    """What the customer agreed to before, or what most would choose."""
    if auto is None:
        return AutoTopUpForm(USUAL | {"card": ""})
    return AutoTopUpForm(
        {
            "threshold": format_usd(auto.threshold_nanos),
            "amount": amounts.typed(auto.amount_minor, CURRENCY),
            "monthly_cap": amounts.typed(auto.monthly_cap_minor, CURRENCY),
            "card": str(auto.saved_card_id),
        }
    )


def posted(given: Mapping[str, str]) -> AutoTopUpForm:
    return AutoTopUpForm({name: given.get(name, "").strip().removeprefix("$")[:40] for name in FIELDS})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
