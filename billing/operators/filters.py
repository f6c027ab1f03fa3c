"""What lists of big tables are filtered by; a wrong value is said beside its field."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.models import Customer

DAY = forms.DateInput(attrs={"type": "date"})
# No other days have ids.
KNOWN_DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


class CustomerField(forms.CharField):
    """A customer's id from the whole id or a member's e-mail."""

    def clean(self, value: Any) -> UUID | None:
        typed = super().clean(value)
        if not typed:
            return None
        if "@" not in typed:
            return _uuid(typed)
        found = Customer.objects.filter(members__email=typed.lower()).values_list("id", flat=True)[:2]
        if len(found) != 1:
            told = "several customers; give the id" if found else "no customer"
            raise ValidationError(f"This person belongs to {told}.", code="invalid")
        return found[0]


class Filters(forms.Form):
    """`after` is the cursor: the last row of the page before."""

    customer = CustomerField(required=False, max_length=254, label="Customer's id or e-mail")
    since = forms.DateField(required=False, widget=DAY, label="From, UTC", validators=KNOWN_DAYS)
    until = forms.DateField(required=False, widget=DAY, label="To, UTC", validators=KNOWN_DAYS)
    after = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def clean_after(self) -> tuple[UUID, ...]:
        return tuple(_uuid(part) for part in self.cleaned_data["after"].split("~") if part)

    def span(self) -> tuple[UUID | None, UUID | None]:
        """The ids of the chosen days: their first one, and the first one after them."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return (
            None if since is None else _first_id(since),
            None if until is None else _first_id(until + timedelta(days=1)),
        )


class RequestFilters(Filters):
    request = forms.UUIDField(required=False, label="Request id")
    key = forms.UUIDField(required=False, label="API key's id")

    field_order: tuple[str, ...] = ("customer", "request", "key", "since", "until")


def choice(label: str, values: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, label=label, choices=[("", "all"), *values])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError("This is no id.", code="invalid") from None


def _first_id(day: date) -> UUID:
    """The lowest UUIDv7 of a UTC day."""
    moment = datetime.combine(day, time.min, tzinfo=UTC)
    return UUID(int=int(moment.timestamp()) * 1000 << 80)
