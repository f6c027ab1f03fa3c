"""Admin pages of API keys, gateways and service tokens, none of which shows a secret or a digest."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.errors import AccountsError
from accounts.models import Action, Gateway, ServiceToken
from accounts.models.credentials import Credential
from accounts.operators import acting
from accounts.operators.audited import AuditedAdmin, ReadOnlyAdmin
from accounts.operators.reasons import ReasonForm, reason_of
from accounts.services import service_tokens


class CredentialPage:
    """How keys and tokens are shown: masked, and with the state that follows from their times."""

    @admin.display(description="secret")
    def masked(self, credential: Credential) -> str:
        return credential.masked

    @admin.display(description="state")
    def state(self, credential: Credential) -> str:
        return credential.state_at(timezone.now())


class ApiKeyAdmin(CredentialPage, AuditedAdmin):
    """Only the name is edited here: everything else is published to gateways under the wallet's lock."""

    list_display = ("name", "masked", "customer", "state", "expires_at", "last_used_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("name", "last4", "customer__name")
    uuid_search_fields = ("id", "customer")
    search_help_text = "Name or last four characters of the key, the customer's name, or a whole id"
    readonly_fields: ClassVar[tuple[str, ...]] = (
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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("name", *self.readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Gateway)
class GatewayAdmin(ReadOnlyAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    fields = ("name", "created_at")


@admin.register(ServiceToken)
class ServiceTokenAdmin(CredentialPage, ReadOnlyAdmin):
    """Issued by `manage.py issue_service_token`, which shows the secret once, on a terminal."""

    list_display = ("masked", "gateway", "scopes", "state", "expires_at", "created_at")
    list_filter = ("gateway",)
    list_select_related = ("gateway",)
    fields = ("gateway", "masked", "state", "scopes", "expires_at", "revoked_at", "created_at")
    action_form = ReasonForm
    actions = ("revoke",)

    @admin.action(description="Revoke for good, with a reason", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        now = timezone.now()
        try:
            reason = reason_of(request)
        except AccountsError as error:
            self.message_user(request, f"Reason: {error.detail}", messages.ERROR)
            return
        for token in queryset.filter(revoked_at=None).order_by("id"):
            with transaction.atomic():
                service_tokens.revoke(token_id=token.pk, now=now)
                acting.record(request, Action.REVOKE_TOKEN, token, now=now, reason=reason)
            self.message_user(
                request, f"Revoked: {token.masked}. Gateways that use it are refused within 5 seconds."
            )
