"""Where a customer comes back to from a provider's page: asks the provider, and follows until it is sure."""

import threading
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from billing import wake
from billing.models import PENDING, Paper, TopUp, TopUpState
from billing.payments.errors import ProviderError
from billing.payments.names import Method
from billing.services.papers import queries as paper_queries
from billing.services.top_ups import queries
from billing.services.top_ups.converge import Converged, converge
from dashboard import pages, qr_codes
from dashboard.seats import Seat

log = structlog.get_logger()

LEFT: Final = "left"
PUBLISH: Final = "billing.tasks.publish_key_states"
# A provider that hangs must not keep all threads of a process, which serve gateways too.
_asking: Final = threading.BoundedSemaphore(2)
# How soon the page looks again, by the age of the top-up; later than that the customer asks.
_SOON: Final = ((timedelta(minutes=3), 3), (timedelta(minutes=15), 10), (timedelta(hours=1), 30))


@pages.for_members
def payment(request: HttpRequest, seat: Seat, top_up_id: UUID) -> HttpResponse:
    """Show a top-up of any of the user's customers; a return is no proof, so the provider is asked."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET"])

    if request.GET.keys() - {LEFT}:
        # What Alipay says of the payment is no proof, and need not stand in the address bar.
        return redirect("dashboard:payment", top_up_id=top_up_id)

    now = timezone.now()
    found = queries.get_among(customer_ids=seat.customer_ids, top_up_id=top_up_id)
    seen = _converged(found, now=now)
    top_up = seen.top_up
    return pages.show(
        request,
        seat.at(top_up.customer_id),
        "payment",
        top_up=top_up,
        is_pending=top_up.state in PENDING,
        is_held_back=seen.difference is not None,
        may_still_pay=top_up.state == TopUpState.OPEN and now < top_up.expires_at,
        has_left=LEFT in request.GET,
        looks_again_in=_looks_again_in(seen, now=now),
        qr_code=_qr_code(top_up, now=now),
        papers=_papers(top_up),
    )


def _converged(top_up: TopUp, *, now: datetime) -> Converged:
    """Ask about a payment that may still come; what the provider does not say now, it says later."""
    if top_up.state not in PENDING or not _asking.acquire(blocking=False):
        return Converged(top_up)
    try:
        seen = converge(customer_id=top_up.customer_id, top_up_id=top_up.id, now=now)
    except ProviderError as error:
        log.warning("top-up not looked up", top_up_id=str(top_up.id), error=str(error))
        return Converged(top_up)
    finally:
        _asking.release()
    if seen.is_credited_now:
        wake.wake(PUBLISH)
    return seen


def _looks_again_in(seen: Converged, *, now: datetime) -> int | None:
    if seen.top_up.state not in PENDING or seen.difference is not None:
        return None
    age = now - seen.top_up.created_at
    return next((seconds for until, seconds in _SOON if age < until), None)


def _papers(top_up: TopUp) -> list[Paper]:
    found = paper_queries.of_top_ups(customer_id=top_up.customer_id, top_up_ids=[top_up.id])
    return found.get(top_up.id, [])


def _qr_code(top_up: TopUp, *, now: datetime) -> str:
    is_wanted = top_up.method == Method.QR and top_up.state == TopUpState.OPEN and now < top_up.expires_at
    return qr_codes.svg(top_up.qr_code) if is_wanted and top_up.qr_code else ""
