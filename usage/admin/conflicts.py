"""Other bodies under request ids that were reported before."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address, link, short
from usage.admin.quarantine import as_json
from usage.admin.request_links import request_of
from usage.models import UsageConflict


@admin.register(UsageConflict)
class UsageConflictAdmin(ReadOnlyAdmin):
    list_display = ("id", request_of, "customer", "gateway_id", "received_at", "verdict", "corrected_by")
    list_filter = ("verdict",)
    ordering = ("-id",)
    search_fields = ("=request_id",)
    uuid_search_fields = ("request_id", "customer_id")
    search_help_text = "A whole request id or customer id"
    fields = (
        "customer_id",
        "request_id",
        "gateway_id",
        "received",
        "received_at",
        "verdict",
        "judged_at",
        "corrected_by",
    )

    def tools(self, request: HttpRequest, obj: UsageConflict) -> list[Tool]:  # noqa: ARG002
        return [
            Tool("Request", address("usage_request", obj.customer_id, obj.request_id)),
            Tool("Customer", address("accounts_customer_change", obj.customer_id)),
        ]

    @admin.display(description="customer", ordering="customer_id")
    def customer(self, conflict: UsageConflict) -> SafeString:
        return link(short(conflict.customer_id), "accounts_customer_change", conflict.customer_id)

    @admin.display(description="the other body")
    def received(self, conflict: UsageConflict) -> SafeString:
        return as_json(conflict.payload)
