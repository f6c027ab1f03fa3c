"""The first page: what is there to spend, and what to do where it is not enough."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from billing.services.papers import queries as papers
from billing.services.top_ups import queries
from dashboard import pages
from dashboard.notices import find_notice
from dashboard.seats import Seat

LATEST = 5


@pages.for_members
def overview(request: HttpRequest, seat: Seat) -> HttpResponse:
    latest = queries.page(customer_id=seat.customer_id, before=None, size=LATEST)
    notice = find_notice(seat.customer, now=timezone.now())
    return pages.show(
        request,
        seat,
        "overview",
        notice=notice,
        top_ups=latest.top_ups,
        papers=papers.of_top_ups(
            customer_id=seat.customer_id, top_up_ids=[top_up.id for top_up in latest.top_ups]
        ),
    )
