"""Revoking API keys, with a reason."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.credentials import ApiKeyAdmin
from accounts.errors import AccountsError
from accounts.models import Action, ApiKey
from accounts.operators import acting
from accounts.operators.links import Tool, address
from accounts.operators.reasons import ReasonForm, reason_of
from billing import wake
from billing.services import keys


@admin.register(ApiKey)
class RevocableApiKeyAdmin(ApiKeyAdmin):
    action_form = ReasonForm
    actions = ("revoke",)

    def tools(self, request: HttpRequest, obj: ApiKey) -> list[Tool]:  # noqa: ARG002
        return [
            Tool("Customer", address("accounts_customer_change", obj.customer_id)),
            Tool("Holds", address("billing_hold_changelist", customer=obj.customer_id, key=obj.pk)),
            Tool("Charges", address("usage_charge_changelist", customer=obj.customer_id, key=obj.pk)),
        ]

    @admin.action(description="Revoke for good, with a reason", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        try:
            reason = reason_of(request)
        except AccountsError as error:
            self.message_user(request, f"Reason: {error.detail}", messages.ERROR)
            return
        for key in queryset.filter(revoked_at=None).select_related("customer").order_by("customer_id", "id"):
            with transaction.atomic():
                revoked = keys.revoke(customer=key.customer, api_key_id=key.id, now=now)
                if revoked.revoked_at == now:
                    acting.record(request, Action.REVOKE_KEY, revoked, now=now, reason=reason)
            self.message_user(request, f"Revoked: {key}. Running requests are still charged.")
        wake.wake("billing.tasks.publish_key_states")
