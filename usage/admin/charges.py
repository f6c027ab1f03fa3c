"""Charges, newest request first."""

from django import forms

from accounts.operators.links import link, short
from billing import request_ids
from billing.admin.lots import to_transaction
from billing.operators import amounts
from billing.operators.filters import RequestFilters, choice
from billing.operators.records import Column, Records, shown
from usage.models import Charge, Outcome


class ChargeFilters(RequestFilters):
    outcome = choice("Outcome", Outcome.choices)
    transaction = forms.UUIDField(required=False, label="Ledger transaction's id")

    field_order = ("customer", "request", "key", "outcome", "transaction", "since", "until")


class ChargeRecords(Records):
    model = Charge
    filters = ChargeFilters
    order = ("request_id", "customer_id")
    related = ("customer", "api_key", "language_model")
    exact = {"outcome": "outcome", "key": "api_key_id", "transaction": "ledger_transaction_id"}
    unindexed = frozenset({"outcome", "key", "transaction"})
    columns = (
        Column("request's time", lambda charge: amounts.at(request_ids.time_of(charge.request_id))),
        Column(
            "request",
            lambda row: link(short(row.request_id), "usage_request", row.customer_id, row.request_id),
        ),
        Column("customer", lambda row: link(row.customer, "accounts_customer_change", row.customer_id)),
        Column("key", lambda row: link(row.api_key.name, "accounts_apikey_change", row.api_key_id)),
        *shown((("model", "language_model"), ("outcome", "outcome"), ("evidence", "evidence"))),
        *shown((("input", "input"), ("output", "output")), amounts.count),
        *shown((("amount, USD", "amount_nanos"), ("held, USD", "hold_amount_nanos")), amounts.usd),
        Column("by", to_transaction),
    )
