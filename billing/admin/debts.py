"""Debts of a customer, each with its cause."""

from accounts.operators.links import link, short
from billing.admin.lots import to_transaction
from billing.models import Debt
from billing.operators import amounts
from billing.operators.records import Column, Records, shown


class DebtRecords(Records):
    model = Debt
    order = ("id",)
    related = ("customer", "gateway")
    needs_customer = True
    columns = (
        *shown((("incurred", "incurred_at"),), amounts.at),
        Column("customer", lambda debt: link(debt.customer, "accounts_customer_change", debt.customer_id)),
        Column("cause", lambda debt: debt.get_cause_display()),
        *shown((("amount, USD", "amount_nanos"),), amounts.usd),
        *shown((("gateway", "gateway"),)),
        Column("request", lambda debt: _request(debt)),  # noqa: PLW0108 (it is defined below)
        Column("by", to_transaction),
    )


def _request(debt: Debt) -> object:
    if debt.request_id is None:
        return "-"
    return link(short(debt.request_id), "usage_request", debt.customer_id, debt.request_id)
