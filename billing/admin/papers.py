"""Receipts, to be looked at and fetched; found by customer, or by their number."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from accounts.operators.links import link, short
from billing.models import Paper
from billing.operators import amounts, records
from billing.operators.filters import Filters
from billing.operators.records import Column, Page, Records, shown
from billing.services.papers import amounts as paper_amounts
from billing.services.papers import receipt

_NUMBER: Final = re.compile(r"([0-9]{4})-([0-9]{1,9})", re.ASCII)


class PaperFilters(Filters):
    number = forms.CharField(required=False, max_length=20, label="Number, as 2026-000001")

    field_order = ("customer", "number", "since", "until")

    def clean_number(self) -> tuple[int, int] | None:
        typed = self.cleaned_data["number"].strip()
        if not typed:
            return None
        if found := _NUMBER.fullmatch(typed):
            return int(found[1]), int(found[2])
        raise ValidationError("This is no number of a receipt.", code="invalid")


class PaperRecords(Records):
    model = Paper
    filters = PaperFilters
    order = ("id",)
    needs_customer = True
    columns = (
        Column("number", lambda row: link(str(row), "billing_paper_file", row.customer_id, row.id)),
        *shown((("kind", "kind"),)),
        *shown((("issued", "issued_at"),), amounts.at),
        Column("customer", lambda row: link(row.customer, "accounts_customer_change", row.customer_id)),
        Column("buyer", lambda row: row.content["buyer"]["name"]),
        Column("amount", lambda row: _amount(row)),  # noqa: PLW0108 (it is defined below)
        Column(
            "top-up",
            lambda row: link(short(row.top_up_id), "billing_topup_change", row.customer_id, row.top_up_id),
        ),
    )

    def urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        one = "billing/paper/<uuid:customer_id>/<uuid:paper_id>.pdf"
        return [*super().urls(wrap), path(one, wrap(self.file_view), name="billing_paper_file")]

    def page(self, form: Filters) -> Page:
        number = form.cleaned_data["number"]
        if number is None:
            return super().page(form)

        found = Paper.objects.filter(year=number[0], number=number[1]).select_related("customer")
        if form.cleaned_data["customer"]:
            found = found.filter(customer_id=form.cleaned_data["customer"])
        return Page(list(found))

    def file_view(self, request: HttpRequest, customer_id: UUID, paper_id: UUID) -> HttpResponse:
        """The PDF, as the customer gets it."""
        records.require(request, self.permission())
        paper = get_object_or_404(Paper, customer_id=customer_id, id=paper_id)
        headers = {"Content-Disposition": f'inline; filename="{paper.kind}-{paper}.pdf"'}
        return HttpResponse(receipt.draw(paper.content), content_type="application/pdf", headers=headers)


def _amount(row: Paper) -> str:
    return paper_amounts.minor(row.content["amount_minor"], row.content["currency"])
