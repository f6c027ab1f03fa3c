"""Refunds and disputes of a customer, to be looked at; a refund is given on its top-up's page."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.operators.links import link, short
from billing.admin.lots import to_transaction
from billing.models import Dispute, Refund, RefundState, TopUp
from billing.operators import amounts
from billing.operators.filters import Filters, choice
from billing.operators.records import Column, Page, Records, shown
from billing.operators.tables import Table
from billing.services.top_ups import offers


class RefundFilters(Filters):
    state = choice("State", RefundState.choices)

    field_order = ("customer", "state", "since", "until")


class _OfTopUps(Records):
    """Rows with the currency of their top-ups: one query more for the whole page."""

    order = ("id",)
    needs_customer = True

    def page(self, form: Filters) -> Page:
        page = super().page(form)
        if page.rows:
            _add_currencies(page.rows, form.cleaned_data["customer"])
        return page


class RefundRecords(_OfTopUps):
    model = Refund
    filters = RefundFilters
    exact = {"state": "state"}
    unindexed = frozenset({"state"})
    related = ("customer", "author")
    columns = (
        *shown((("requested", "requested_at"), ("ended", "ended_at")), amounts.at),
        Column("refund", lambda row: short(row.id)),
        Column("top-up", lambda row: _top_up(row)),  # noqa: PLW0108 (it is defined below)
        *shown((("origin", "origin"), ("state", "state"))),
        Column("amount", lambda row: _minor(row, row.amount_minor)),
        *shown((("taken, USD", "debit_nanos"), ("bonus lapsed, USD", "bonus_nanos")), amounts.usd),
        *shown((("reason", "reason"), ("by", "author"), ("provider's id", "provider_refund_id"))),
        Column("posted as", to_transaction),
        *shown((("failure", "failure"),)),
    )


class DisputeRecords(_OfTopUps):
    model = Dispute
    columns = (
        *shown((("first seen", "opened_at"), ("closed", "closed_at")), amounts.at),
        Column("dispute", lambda row: row.provider_dispute_id),
        Column("top-up", lambda row: _top_up(row)),  # noqa: PLW0108 (it is defined below)
        *shown((("status", "status"), ("reason", "reason"))),
        Column("disputed", lambda row: _minor(row, row.amount_minor)),
        Column("taken and not returned", lambda row: _minor(row, row.taken_minor)),
    )


def tables_of(top_up: TopUp) -> list[Table]:
    """What went back of a top-up, for its own page."""
    mine = {"customer_id": top_up.customer_id, "top_up_id": top_up.id}
    refunds = list(Refund.objects.filter(**mine).select_related("author").order_by("-id"))
    disputes = list(Dispute.objects.filter(**mine).order_by("-id"))
    rows: list[Any] = [*refunds, *disputes]
    for row in rows:
        row.currency = top_up.currency
    return [_table("Refunds", RefundRecords, refunds), _table("Disputes", DisputeRecords, disputes)]


def _table(heading: str, records: type[Records], rows: Iterable[Any]) -> Table:
    columns = [column for column in records.columns if column.label != "top-up"]
    return Table(
        heading,
        tuple(column.label for column in columns),
        [[column.of(row) for column in columns] for row in rows],
    )


def _add_currencies(rows: Iterable[Any], customer_id: UUID) -> None:
    wanted = {row.top_up_id for row in rows}
    top_ups = TopUp.objects.filter(customer_id=customer_id, id__in=wanted)
    currencies = dict(top_ups.values_list("id", "currency"))
    for row in rows:
        row.currency = currencies[row.top_up_id]


def _minor(row: Any, minor: int) -> str:
    return f"{offers.shown(minor, row.currency)} {row.currency}"


def _top_up(row: Any) -> object:
    return link(short(row.top_up_id), "billing_topup_change", row.customer_id, row.top_up_id)
