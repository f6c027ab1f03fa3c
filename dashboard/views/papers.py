"""Receipts as PDF."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from billing.services.papers import queries, receipt
from dashboard import pages
from dashboard.seats import Seat


@pages.for_members
def paper(request: HttpRequest, seat: Seat, paper_id: UUID) -> HttpResponse:
    """A receipt of any of the user's customers: the same bytes each time."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET"])

    found = queries.get_among(customer_ids=seat.customer_ids, paper_id=paper_id)
    answer = HttpResponse(receipt.draw(found.content), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{found.content["number"]}.pdf"'
    return answer
