"""Holds: which requests set credit aside, and what became of it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.operators.links import link, short
from billing import request_ids
from billing.models import Hold, HoldState
from billing.operators import amounts
from billing.operators.filters import RequestFilters, choice
from billing.operators.records import Column, Records, shown


class HoldFilters(RequestFilters):
    state = choice("State", HoldState.choices)

    field_order = ("customer", "request", "key", "state", "since", "until")


class HoldRecords(Records):
    model = Hold
    filters = HoldFilters
    order = ("request_id", "customer_id")
    related = ("customer", "api_key", "language_model", "gateway")
    exact = {"state": "state", "key": "api_key_id"}
    unindexed = frozenset({"state", "key"})
    columns = (
        Column("request's time", lambda hold: amounts.at(request_ids.time_of(hold.request_id))),
        Column(
            "request",
            lambda hold: link(short(hold.request_id), "usage_request", hold.customer_id, hold.request_id),
        ),
        Column("customer", lambda hold: link(hold.customer, "accounts_customer_change", hold.customer_id)),
        Column("key", lambda hold: link(hold.api_key.name, "accounts_apikey_change", hold.api_key_id)),
        *shown((("model", "language_model"), ("gateway", "gateway"), ("state", "state"))),
        Column("refused for", lambda hold: hold.refusal or "-"),
        Column("amount, USD", lambda hold: amounts.usd(hold.amount_nanos)),
        *shown((("expires", "expires_at"), ("ended", "ended_at")), amounts.at),
    )

    def bound(self, rows: QuerySet[Any], chosen: dict[str, Any]) -> tuple[UUID, ...] | None:
        """Open holds have an index of their own, however old they are."""
        is_open = chosen["state"] == HoldState.OPEN
        return None if is_open and not chosen["key"] else super().bound(rows, chosen)
