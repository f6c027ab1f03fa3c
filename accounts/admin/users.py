"""Admin pages of people who sign in, and of the groups that give permissions."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Action, User
from accounts.operators import acting
from accounts.operators.audited import AuditedAdmin, Message

PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")
PASSWORD_PAGE = "auth_user_password_change"  # noqa: S105 (a page)


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


class ChangeForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(User)
class UserAdmin(AuditedAdmin, BaseUserAdmin):  # type: ignore[type-arg]
    """People are made inactive, never deleted: their memberships and keys tell who did what.

    Only a superuser gives privileges, and only a superuser changes anybody who has some, by fields or by a
    new password: else who may change people could become any of their colleagues.
    """

    form = ChangeForm
    add_form = UserCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("email_verified_at", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active")}),
        ("Operator", {"fields": PRIVILEGES}),
        ("Times", {"fields": ("email_verified_at", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else fields + PRIVILEGES

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and (obj.is_staff or obj.is_superuser) and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new address is nobody's until it is verified."""
        if "email" in form.changed_data:
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 (Django's signature)
        return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Message) -> None:  # type: ignore[override]
        match = request.resolver_match
        if match is not None and match.url_name == PASSWORD_PAGE:
            acting.record(request, Action.CHANGE_PASSWORD, obj, now=timezone.now())
        else:
            super().log_change(request, obj, message)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(AuditedAdmin, BaseGroupAdmin):
    """A group gives permissions, so only a superuser changes one: its members would raise themselves."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _is_superuser(request)
