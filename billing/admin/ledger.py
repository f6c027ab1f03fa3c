"""The journal of a customer: ledger transactions, and the transfers, lots and debts of each."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from accounts.operators.links import Tool, address, link, short
from billing.models import Debt, LedgerTransaction, LotMovement, TransactionKind, Transfer
from billing.operators import amounts, records
from billing.operators.filters import Filters, choice
from billing.operators.records import Column, Page, Records, shown
from billing.operators.tables import Table


class LedgerFilters(Filters):
    kind = choice("Kind", TransactionKind.choices)

    field_order = ("customer", "kind", "since", "until")


class LedgerRecords(Records):
    model = LedgerTransaction
    filters = LedgerFilters
    order = ("id",)
    related = ("customer", "author")
    exact = {"kind": "kind"}
    unindexed = frozenset({"kind"})
    needs_customer = True
    columns = (
        *shown((("posted", "posted_at"),), amounts.at),
        Column("transaction", lambda row: link(short(row.id), *_one(row))),
        *shown((("kind", "kind"),)),
        Column("transfers", lambda row: _lines(row.transfers, _between)),
        Column("amount, USD", lambda row: _lines(row.transfers, lambda t: amounts.usd(t.amount_nanos))),
        Column(
            "balance after, USD",
            lambda row: _lines(row.transfers, lambda t: amounts.usd(t.balance_after_nanos)),
        ),
        *shown((("reason", "reason"), ("by", "author"))),
    )

    def urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        one = "billing/ledgertransaction/<uuid:customer_id>/<uuid:transaction_id>/"
        return [*super().urls(wrap), path(one, wrap(self.one_view), name="billing_ledgertransaction_change")]

    def page(self, form: Filters) -> Page:
        """The transactions, each with its transfers: one query more for the whole page."""
        page = super().page(form)
        for row in page.rows:
            row.transfers = []
        by_id = {row.id: row for row in page.rows}
        found = Transfer.objects.filter(
            customer_id=form.cleaned_data["customer"], ledger_transaction_id__in=list(by_id)
        )
        for transfer in found.order_by("ledger_transaction_id", "position") if by_id else ():
            by_id[transfer.ledger_transaction_id].transfers.append(transfer)
        return page

    def one_view(self, request: HttpRequest, customer_id: UUID, transaction_id: UUID) -> HttpResponse:
        records.require(request, self.permission())
        rows = LedgerTransaction.objects.select_related("customer", "author")
        row = get_object_or_404(rows, customer_id=customer_id, id=transaction_id)
        own = {"customer_id": customer_id, "ledger_transaction_id": transaction_id}
        context = {
            "title": f"{row.get_kind_display()} of {row.customer}",
            "opts": LedgerTransaction._meta,  # noqa: SLF001 (Django documents it)
            "tools": _tools(row),
            "facts": [
                ("Id", row.id),
                ("Posted", amounts.at(row.posted_at)),
                ("Kind", row.kind),
                ("Reason", row.reason or "-"),
                ("By", row.author or "-"),
                ("Effect key", row.effect_key or "-"),
            ],
            "tables": [
                _transfers(Transfer.objects.filter(**own).order_by("position")),
                _lots(LotMovement.objects.filter(**own).order_by("lot_id")),
                _debts(Debt.objects.filter(customer_id=customer_id, ledger_transaction_id=transaction_id)),
            ],
        }
        return records.answer(request, "operators/record.html", context)


def _one(row: LedgerTransaction) -> tuple[str, UUID, UUID]:
    return "billing_ledgertransaction_change", row.customer_id, row.id


def _tools(row: LedgerTransaction) -> list[Tool]:
    tools = [
        Tool("Customer", address("accounts_customer_change", row.customer_id)),
        Tool("Wallet", address("billing_wallet_change", row.customer_id)),
        Tool("Ledger", address("billing_ledgertransaction_changelist", customer=row.customer_id)),
    ]
    if row.kind == TransactionKind.USAGE:
        query = {"customer": row.customer_id, "transaction": row.id}
        tools.append(Tool("Its charges", address("usage_charge_changelist", **query)))
    return tools


def _between(transfer: Transfer) -> str:
    return f"{transfer.get_debit_account_display()} → {transfer.get_credit_account_display()}"


def _lines(transfers: Sequence[Transfer], show: Callable[[Transfer], object]) -> str:
    return format_html_join("", "<div>{}</div>", ((show(transfer),) for transfer in transfers))


def _transfers(rows: Any) -> Table:
    head = ("#", "from (debit)", "to (credit)", "amount, USD", "wallet's number", "balance after, USD")
    return Table(
        "Transfers",
        head,
        [
            (
                row.position,
                row.get_debit_account_display(),
                row.get_credit_account_display(),
                amounts.usd(row.amount_nanos),
                "-" if row.wallet_seq is None else row.wallet_seq,
                amounts.usd(row.balance_after_nanos),
            )
            for row in rows
        ],
    )


def _lots(rows: Any) -> Table:
    table = [
        (
            link(short(row.lot_id), "billing_creditlot_change", row.customer_id, row.lot_id),
            amounts.usd(row.amount_nanos),
        )
        for row in rows
    ]
    return Table("Lots", ("lot", "amount, USD"), table)


def _debts(rows: Any) -> Table:
    table = [(row.get_cause_display(), amounts.usd(row.amount_nanos), row.request_id or "-") for row in rows]
    return Table("Debts that it made", ("cause", "amount, USD", "request"), table)
