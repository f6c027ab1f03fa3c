"""Credit lots of a customer: what of each grant or purchase is left, and where it went."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from accounts.operators.links import Tool, address, link, short
from billing.admin.lot_page import PERMISSION, ExtendPage
from billing.models import CreditLot, LotMovement
from billing.operators import amounts, records
from billing.operators.records import Column, Records, shown
from billing.operators.tables import Table

MOST_MOVEMENTS = 200


def to_transaction(row: Any) -> object:
    """A link to the ledger transaction that a row of a customer names."""
    page = "billing_ledgertransaction_change"
    return link(short(row.ledger_transaction_id), page, row.customer_id, row.ledger_transaction_id)


class LotRecords(Records):
    model = CreditLot
    order = ("id",)
    needs_customer = True
    columns = (
        Column("lot", lambda lot: link(short(lot.id), "billing_creditlot_change", lot.customer_id, lot.id)),
        Column("customer", lambda lot: link(lot.customer, "accounts_customer_change", lot.customer_id)),
        *shown((("kind", "kind"),)),
        *shown((("amount, USD", "amount_nanos"), ("left, USD", "remaining_nanos")), amounts.usd),
        *shown((("lapses", "expires_at"), ("created", "created_at")), amounts.at),
        Column("by", to_transaction),
    )

    def urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        one = "billing/creditlot/<uuid:customer_id>/<uuid:lot_id>/"
        extend = wrap(ExtendPage.as_view())
        return [
            *super().urls(wrap),
            path(one, wrap(self.one_view), name="billing_creditlot_change"),
            path(f"{one}extend/", extend, name="billing_creditlot_extend"),
        ]

    def one_view(self, request: HttpRequest, customer_id: UUID, lot_id: UUID) -> HttpResponse:
        records.require(request, self.permission())
        lots = CreditLot.objects.select_related("customer")
        lot = get_object_or_404(lots, customer_id=customer_id, id=lot_id)
        moved = LotMovement.objects.filter(customer_id=customer_id, lot_id=lot_id)
        newest = list(moved.order_by("-ledger_transaction_id")[:MOST_MOVEMENTS])
        context = {
            "title": f"{lot.get_kind_display()} lot of {lot.customer}",
            "opts": CreditLot._meta,  # noqa: SLF001 (Django documents it)
            "tools": [
                *_extension(request, lot),
                Tool("Customer", address("accounts_customer_change", customer_id)),
                Tool("Wallet", address("billing_wallet_change", customer_id)),
                Tool("All lots", address("billing_creditlot_changelist", customer=customer_id)),
            ],
            "facts": [
                ("Id", lot.id),
                ("Amount, USD", amounts.usd(lot.amount_nanos)),
                ("Left, USD", amounts.usd(lot.remaining_nanos)),
                ("Lapses", amounts.at(lot.expires_at)),
                ("Created", amounts.at(lot.created_at)),
                ("Created by", to_transaction(lot)),
            ],
            "tables": [
                Table(
                    f"What it gave and got, newest first, at most {MOST_MOVEMENTS}",
                    ("ledger transaction", "amount, USD"),
                    [(to_transaction(each), amounts.usd(each.amount_nanos)) for each in newest],
                )
            ],
        }
        return records.answer(request, "operators/record.html", context)


def _extension(request: HttpRequest, lot: CreditLot) -> list[Tool]:
    may = request.user.has_perm(PERMISSION) and lot.has_credit and lot.expires_at is not None
    page = address("billing_creditlot_extend", lot.customer_id, lot.id)
    return [Tool("Give more time", page)] if may else []
