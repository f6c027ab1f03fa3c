"""Admin pages of customers and their members."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import Membership
from accounts.operators.audited import AuditedAdmin
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


class CustomerAdmin(AuditedAdmin):
    """Neither added nor deleted here, nor is the state edited: each of these needs the customer's wallet."""

    list_display: tuple[str, ...] = ("name", "id", "state", "state_changed_at", "created_at")
    list_filter = ("state",)
    search_fields = ("name", "members__email")
    uuid_search_fields = ("id",)
    search_help_text = "Name, a member's e-mail, or the whole id"
    ordering = ("-id",)
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "id",
        "state",
        "state_reason",
        "state_changed_at",
        "created_at",
    )
    inlines = (MembershipInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("name", *self.readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
