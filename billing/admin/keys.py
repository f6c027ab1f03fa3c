"""API keys with their spending limits, and revoking them, with a reason."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.credentials import ApiKeyAdmin
from accounts.errors import AccountsError
from accounts.models import Action, ApiKey
from accounts.operators import acting
from accounts.operators.links import Tool, address
from accounts.operators.reasons import ReasonForm, reason_of
from billing import wake
from billing.admin.key_limit_page import LimitPage, limit_facts
from billing.services import keys


@admin.register(ApiKey)
class RevocableApiKeyAdmin(ApiKeyAdmin):
    readonly_fields = (*ApiKeyAdmin.readonly_fields, "limit")
    action_form = ReasonForm
    actions = ("revoke",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(LimitPage.as_view())
        return [path("<uuid:api_key_id>/limit/", page, name="accounts_apikey_limit"), *super().get_urls()]

    @admin.display(description="spending limit")
    def limit(self, key: ApiKey) -> SafeString:
        """What is spent and held of it, too: the key's page is where support looks first."""
        rows = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", limit_facts(key))
        return format_html('<table class="facts">{}</table>', rows)

    def tools(self, request: HttpRequest, obj: ApiKey) -> list[Tool]:
        may_limit = self.has_change_permission(request, obj)
        return [
            *([Tool("Set limit", address("accounts_apikey_limit", obj.pk))] if may_limit else []),
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
