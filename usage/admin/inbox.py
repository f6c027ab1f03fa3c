"""The inbox: reported usage that waits for its settlement, which is a matter of seconds."""

from accounts.models import Customer, Gateway
from accounts.operators.links import link, short
from billing.operators import amounts
from billing.operators.filters import Filters, RequestFilters
from billing.operators.records import Column, Page, Records, shown
from catalog import prices
from usage.models import UsageEvent


class InboxRecords(Records):
    """Ordered by customer, as the key is: the queue has no other index, and is empty most of the time."""

    model = UsageEvent
    filters = RequestFilters
    order = ("customer_id", "request_id")
    related = ()
    exact = {"key": "api_key_id"}
    unindexed = frozenset({"key"})
    columns = (
        *shown((("received", "received_at"),), amounts.at),
        Column(
            "request",
            lambda row: link(short(row.request_id), "usage_request", row.customer_id, row.request_id),
        ),
        Column("customer", lambda row: link(row.customer, "accounts_customer_change", row.customer_id)),
        Column("model", lambda row: prices.model_slug(row.language_model_id)),
        *shown((("gateway", "gateway"), ("outcome", "outcome"), ("evidence", "evidence"))),
        *shown((("input", "input"), ("output", "output")), amounts.count),
    )

    def page(self, form: Filters) -> Page:
        """Rows of the queue name customers and gateways by id only."""
        page = super().page(form)
        customers = Customer.objects.in_bulk({row.customer_id for row in page.rows})
        gateways = Gateway.objects.in_bulk({row.gateway_id for row in page.rows})
        for row in page.rows:
            row.customer = customers.get(row.customer_id, row.customer_id)
            row.gateway = gateways.get(row.gateway_id, row.gateway_id)
        return page
