"""The months of which there is a statement; the files themselves come from the customers' API."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone

from billing.models import Wallet
from dashboard import pages
from dashboard.seats import Seat
from usage.services.statement_papers.months import Month

# Older ones are there by their address, as long as anybody may want them.
MOST_MONTHS: Final = 60


@pages.for_members
def statements(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET"])

    opened_at = Wallet.objects.values_list("opened_at", flat=True).get(customer_id=seat.customer_id)
    months = _months(opened_at, timezone.now())
    return pages.show(request, seat, "statements", current=months[0], months=months)


def _months(first: datetime, last: datetime) -> list[Month]:
    """The newest first, with that of `last`, which is not over."""
    begin = first.year * 12 + first.month - 1
    end = last.year * 12 + last.month - 1
    return [Month(count // 12, count % 12 + 1) for count in range(end, begin - 1, -1)][:MOST_MONTHS]
