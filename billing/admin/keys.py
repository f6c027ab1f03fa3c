"""Revoking API keys."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.credentials import ApiKeyAdmin
from accounts.models import ApiKey
from billing import wake
from billing.services import keys

admin.site.unregister(ApiKey)


@admin.register(ApiKey)
class RevocableApiKeyAdmin(ApiKeyAdmin):
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys for good", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        for key in queryset.select_related("customer").order_by("customer_id", "id"):
            keys.revoke(customer=key.customer, api_key_id=key.id, now=now)
            self.log_change(request, key, "Revoked.")
        wake.wake("billing.tasks.publish_key_states")
        self.message_user(request, "Revoked: no new request is accepted; running ones are still charged.")
