"""All top-ups of a customer, the newest first."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from billing.services.papers import queries as papers
from billing.services.top_ups import queries
from dashboard import pages
from dashboard.seats import Seat

PAGE_SIZE = 25


@pages.for_members
def history(request: HttpRequest, seat: Seat) -> HttpResponse:
    before = _uuid(request.GET.get("before", ""))
    found = queries.page(customer_id=seat.customer_id, before=before, size=PAGE_SIZE)
    return pages.show(
        request,
        seat,
        "history",
        top_ups=found.top_ups,
        papers=papers.of_top_ups(
            customer_id=seat.customer_id, top_up_ids=[top_up.id for top_up in found.top_ups]
        ),
        next_before=found.next_before,
        is_first=before is None,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
