"""A month's statement as a file, over HTTP."""

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter

from billing.api.customers import Asked, CustomerView
from billing.api.papers import LANGUAGE, a_language, file_answer, file_answered
from billing.errors import Unacceptable
from usage.services.statement_papers import csv_files, drawing, months
from usage.services.statement_papers.months import Month

CSV: Final = "text/csv"
MONTH: Final = OpenApiParameter(
    "month",
    {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "example": "2026-11"},
    required=True,
    description="A UTC month, as 2026-11.",
)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)


def a_month(text: str) -> Month:
    if found := _MONTH.fullmatch(text):
        return Month(int(found[1]), int(found[2]))
    raise Unacceptable("must be a month, as 2026-11")


class StatementPdfView(CustomerView):
    parameters = {"GET": {"month": a_month, "language": a_language}}

    @file_answered("getStatementPdf", "statement", MONTH, LANGUAGE)
    def get(self, _request: HttpRequest, asked: Asked) -> HttpResponse:
        """Everything that was posted in a month, as a document."""
        month, now = _month(asked.query), timezone.now()
        found = months.statement(customer_id=asked.caller.customer_id, month=month, now=now)
        drawn = drawing.draw(found, month=month, now=now, language=asked.query.get("language"))
        return file_answer(drawn, f"statement-{month}.pdf")


class StatementCsvView(CustomerView):
    parameters = {"GET": {"month": a_month}}

    @file_answered("getStatementCsv", "statement", MONTH, media_type=CSV)
    def get(self, _request: HttpRequest, asked: Asked) -> HttpResponse:
        """The same as a table: amounts in USD, exact; the first and the last row are the balances."""
        month = _month(asked.query)
        found = months.statement(customer_id=asked.caller.customer_id, month=month, now=timezone.now())
        return file_answer(csv_files.draw(found), f"statement-{month}.csv", f"{CSV}; charset=utf-8")


def _month(query: dict[str, Any]) -> Month:
    if "month" not in query:
        raise Unacceptable("is missing", field="month")
    month: Month = query["month"]
    return month
