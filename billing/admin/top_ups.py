"""Top-ups, to be looked at and asked about; found by customer, or by anything that a provider calls them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from accounts.operators.links import Tool, address, link, short
from billing.admin import check_page, money_back, refund_page
from billing.admin.check_page import CheckPage
from billing.admin.refund_page import RefundPage
from billing.models import PaymentAlert, PaymentReference, TopUp
from billing.operators import amounts, records
from billing.operators.filters import Filters
from billing.operators.records import Column, Page, Records, shown
from billing.operators.tables import Table
from billing.services.top_ups import offers


class TopUpFilters(Filters):
    payment = forms.CharField(required=False, max_length=255, label="Provider's id, or ours")

    field_order = ("customer", "payment", "since", "until")


class TopUpRecords(Records):
    model = TopUp
    filters = TopUpFilters
    order = ("id",)
    needs_customer = True
    columns = (
        Column("top-up", lambda row: link(short(row.id), "billing_topup_change", row.customer_id, row.id)),
        Column("customer", lambda row: link(row.customer, "accounts_customer_change", row.customer_id)),
        *shown((("begun", "created_at"), ("paid", "paid_at")), amounts.at),
        *shown((("provider", "provider"), ("method", "method"), ("state", "state"))),
        Column("amount", lambda row: _amount(row, row.amount_minor)),
        *shown((("credit, USD", "credit_nanos"), ("bonus, USD", "bonus_nanos")), amounts.usd),
        Column("refunded", lambda row: _amount(row, row.refunded_minor) if row.refunded_minor else "-"),
        *shown((("failure", "failure"),)),
    )

    def urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        one = "billing/topup/<uuid:customer_id>/<uuid:top_up_id>/"
        check = wrap(CheckPage.as_view())
        return [
            *super().urls(wrap),
            path(one, wrap(self.one_view), name="billing_topup_change"),
            path(f"{one}check/", check, name="billing_topup_check"),
            path(f"{one}refund/", wrap(RefundPage.as_view()), name="billing_topup_refund"),
        ]

    def page(self, form: Filters) -> Page:
        named = form.cleaned_data["payment"].strip()
        if not named:
            return super().page(form)

        known = PaymentReference.objects.filter(reference__in=[named, named.replace("-", "")])
        ids = set(known.values_list("customer_id", "top_up_id")[: records.PAGE])
        rows = [
            TopUp.objects.select_related("customer").get(customer_id=customer_id, id=top_up_id)
            for customer_id, top_up_id in sorted(ids)
        ]
        return Page(rows)

    def one_view(self, request: HttpRequest, customer_id: UUID, top_up_id: UUID) -> HttpResponse:
        records.require(request, self.permission())
        rows = TopUp.objects.select_related("customer", "user")
        row = get_object_or_404(rows, customer_id=customer_id, id=top_up_id)
        context = {
            "title": f"{row.get_provider_display()} top-up of {row.customer}",
            "opts": TopUp._meta,  # noqa: SLF001 (Django documents it)
            "tools": _tools(request, row),
            "facts": _facts(row),
            "tables": [_alerts(row), *money_back.tables_of(row), _references(row)],
        }
        return records.answer(request, "operators/record.html", context)


def _amount(row: TopUp, minor: int) -> str:
    return f"{offers.shown(minor, row.currency)} {row.currency}"


def _tools(request: HttpRequest, row: TopUp) -> list[Tool]:
    pages = [
        (check_page.TITLE, "billing_topup_check", check_page.PERMISSION),
        (refund_page.TITLE, "billing_topup_refund", refund_page.PERMISSION),
    ]
    return [
        *(
            Tool(label, address(page, row.customer_id, row.id))
            for label, page, right in pages
            if request.user.has_perm(right)
        ),
        Tool("Customer", address("accounts_customer_change", row.customer_id)),
        Tool("Wallet", address("billing_wallet_change", row.customer_id)),
        Tool("All top-ups", address("billing_topup_changelist", customer=row.customer_id)),
    ]


def _facts(row: TopUp) -> list[tuple[str, object]]:
    posted = row.ledger_transaction_id
    return [
        ("Id", row.id),
        ("State", row.get_state_display()),
        ("Provider and method", f"{row.get_provider_display()}, {row.get_method_display()}"),
        ("Because of", row.get_cause_display()),
        ("Amount", _amount(row, row.amount_minor)),
        ("CNY for one USD, times 10^6", row.cny_per_usd_micros or "-"),
        ("Credit, USD", amounts.usd(row.credit_nanos)),
        ("Bonus, USD", amounts.usd(row.bonus_nanos)),
        ("Refunded", _amount(row, row.refunded_minor)),
        ("Disputed", _amount(row, row.disputed_minor)),
        ("Fraud warning", row.fraud_warning or "-"),
        ("Checkout at the provider", row.object_id or "-"),
        ("Payment at the provider", row.payment_id or "-"),
        ("Our reference there", row.reference),
        ("Begun", amounts.at(row.created_at)),
        ("By", row.user or "-"),
        ("Nobody can pay after", amounts.at(row.expires_at)),
        ("Paid", amounts.at(row.paid_at)),
        ("Ended", amounts.at(row.ended_at)),
        ("Failure", row.failure or "-"),
        ("Asked about so far", row.checks),
        ("Asked about next", amounts.at(row.next_check_at)),
        (
            "Ledger transaction",
            link(short(posted), "billing_ledgertransaction_change", row.customer_id, posted)
            if posted
            else "-",
        ),
    ]


def _alerts(row: TopUp) -> Table:
    alerts = PaymentAlert.objects.filter(customer_id=row.customer_id, top_up_id=row.id).order_by("-found_at")
    table = [
        (
            link(alert.code, "billing_paymentalert_change", alert.pk),
            alert.detail,
            amounts.at(alert.found_at),
            alert.resolution or "open",
        )
        for alert in alerts
    ]
    return Table("What was wrong", ("code", "detail", "found", "answer"), table)


def _references(row: TopUp) -> Table:
    mine = PaymentReference.objects.filter(customer_id=row.customer_id, top_up_id=row.id)
    table = [(each.get_kind_display(), each.reference) for each in mine.order_by("kind", "reference")]
    return Table("What it is called", ("kind", "id"), table)
