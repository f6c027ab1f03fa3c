"""Admin pages of customers and their members."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import Customer, Membership
from accounts.services import memberships


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """Keep at least one owner; the lock holds until the request's transaction ends."""
        super().clean()
        memberships.lock(self.instance)
        staying = [form for form in self.forms if form.is_valid() and form not in self.deleted_forms]
        roles = {form.cleaned_data.get("role") for form in staying}
        if Membership.Role.OWNER not in roles:
            raise ValidationError("A customer needs at least one owner.", code="last_owner")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Neither added nor deleted here, nor is the state edited: each of these needs the customer's wallet."""

    list_display = ("name", "id", "state", "state_changed_at", "created_at")
    list_filter = ("state",)
    search_fields = ("name", "id", "members__email")
    readonly_fields = ("id", "state", "state_reason", "state_changed_at", "created_at")
    fields = ("name", *readonly_fields)
    inlines = (MembershipInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
