"""The way from a row to its request."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.operators.links import link, short


@admin.display(description="request", ordering="request_id")
def request_of(row: Any) -> SafeString:
    """A link to the request of a quarantined event, a conflict or a discrepancy."""
    customer_id = getattr(row, "customer_id", None)
    if customer_id is None:
        return link(short(row.request_id), "usage_request_by_id", row.request_id)
    return link(short(row.request_id), "usage_request", customer_id, row.request_id)
