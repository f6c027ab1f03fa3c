"""Admin pages of API keys, gateways and service tokens, none of which shows a secret or a digest."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiKey, Gateway, ServiceToken
from accounts.models.credentials import Credential
from accounts.services import service_tokens


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="secret")
    def masked(self, credential: Credential) -> str:
        return credential.masked

    @admin.display(description="state")
    def state(self, credential: Credential) -> str:
        return credential.state_at(timezone.now())


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Only the name is edited here: everything else is published to gateways under the wallet's lock."""

    list_display = ("name", "masked", "customer", "state", "expires_at", "last_used_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("customer",)
    search_fields = ("name", "last4", "customer__name", "customer__id")
    readonly_fields = (
        "id",
        "customer",
        "masked",
        "state",
        "allowed_models",
        "expires_at",
        "revoked_at",
        "rotated_from",
        "last_used_at",
        "created_by",
        "created_at",
    )
    fields = ("name", *readonly_fields)


@admin.register(Gateway)
class GatewayAdmin(ReadOnlyAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    readonly_fields = ("name", "created_at")


@admin.register(ServiceToken)
class ServiceTokenAdmin(ReadOnlyAdmin):
    """Issued by `manage.py issue_service_token`, which shows the secret once, on a terminal."""

    list_display = ("masked", "gateway", "scopes", "state", "expires_at", "created_at")
    list_filter = ("gateway",)
    list_select_related = ("gateway",)
    readonly_fields = ("gateway", "masked", "state", "scopes", "expires_at", "revoked_at", "created_at")
    fields = readonly_fields
    actions = ("revoke",)

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        now = timezone.now()
        for token in queryset.order_by("id"):
            service_tokens.revoke(token_id=token.pk, now=now)
            self.log_change(request, token, "Revoked.")
        self.message_user(request, "Revoked; gateways that use these tokens are refused within 5 seconds.")
