"""What lists of rows that wait for an answer share: open or answered, and the way to the request."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.operators.links import link, short


class OpenFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("yes", "open"), ("no", "answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "yes")


@admin.display(description="request", ordering="request_id")
def request_of(row: Any) -> SafeString:
    """A link to the request of a quarantined event, a conflict or a discrepancy."""
    customer_id = getattr(row, "customer_id", None)
    if customer_id is None:
        return link(short(row.request_id), "usage_request_by_id", row.request_id)
    return link(short(row.request_id), "usage_request", customer_id, row.request_id)
