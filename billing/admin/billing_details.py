"""Who buys, as it stands on receipts from now on, and where mails go."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.operators.audited import AuditedAdmin
from billing.models import BillingDetails
from billing.money import MOST_NANOS


class BillingDetailsForm(forms.ModelForm):  # type: ignore[type-arg]
    email = forms.EmailField(required=False, max_length=254, help_text="Empty: the owner's.")

    low_balance_nanos = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_NANOS, help_text="Mail below it; empty: no such mail."
    )

    class Meta:
        model = BillingDetails
        fields = (
            "customer",
            "name",
            "address",
            "country",
            "tax_id",
            "email",
            "language",
            "low_balance_nanos",
        )


@admin.register(BillingDetails)
class BillingDetailsAdmin(AuditedAdmin):
    form = BillingDetailsForm
    list_display = ("customer", "name", "country", "email", "language")
    list_select_related = ("customer",)
    ordering = ("customer",)
    autocomplete_fields = ("customer",)
    search_fields = ("=email", "=tax_id")
    uuid_search_fields = ("customer_id",)
    search_help_text = "A whole address or tax id, or the customer's id"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("customer",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
