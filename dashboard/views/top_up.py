"""Buying credit: the terms are shown, then agreed to, then the provider's page follows."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from uuid_utils.compat import uuid4

from billing.errors import BillingError, Refused
from billing.models import TopUp, TopUpState
from billing.payments.errors import Rejected, Unreachable
from billing.payments.names import Method, ProviderName
from billing.services.top_ups import start
from billing.services.top_ups.start import KeyReused, TooManyPending, TopUpRequest
from dashboard import devices, pages, terms
from dashboard.seats import Seat
from dashboard.terms import Terms


@pages.for_payers
def top_up(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])

    given = request.POST if request.method == "POST" else request.GET
    found = terms.find(provider=given.get("provider", ""), typed=given.get("amount", ""), now=timezone.now())
    if found is None:
        words = "No way to pay is set up here right now. Your credit is safe; try again later."
        return pages.problem(request, 503, "No top-ups right now", words, seat=seat)
    if request.method != "POST":
        return _show(request, seat, found)
    return _buy(request, seat, found)


def _buy(request: HttpRequest, seat: Seat, found: Terms) -> HttpResponse:
    if found.offer is None:
        return _show(request, seat, found, status=422)
    if request.POST.get("agreed") != found.agreed or request.POST.get("provider") != found.way.provider:
        words = "The terms have changed since this page was loaded. Look at them again; nothing was charged."
        return _show(request, seat, found, status=409, alert=words)

    key = _key_of(request)
    asked = TopUpRequest(
        customer_id=seat.customer_id,
        provider=found.way.provider,
        method=devices.method_of(request, found.way.provider, asked=request.POST.get("method", "")),
        amount_minor=found.offer.amount_minor,
        email=seat.user.email,
        user_id=seat.user.pk,
        save_card=found.way.provider == ProviderName.STRIPE and "save_card" in request.POST,
    )
    try:
        begun = start.start(asked, idempotency_key=f"page:{key}", now=timezone.now())
    except BillingError as error:
        # Whoever presses the button again after silence goes on with the same payment.
        kept = key if isinstance(error, Unreachable) else None
        words = _words(error, found.way.label)
        return _show(request, seat, found, status=error.http_status, alert=words, key=kept)
    return _onwards(begun)


def _onwards(begun: TopUp) -> HttpResponse:
    if begun.state == TopUpState.OPEN and begun.method != Method.QR and begun.checkout_url:
        return HttpResponseRedirect(begun.checkout_url)
    return redirect("dashboard:payment", top_up_id=begun.id)


def _show(
    request: HttpRequest,
    seat: Seat,
    found: Terms,
    *,
    status: int = 200,
    alert: str = "",
    key: UUID | None = None,
) -> HttpResponse:
    """A key for each rendered form: pressed twice it is one top-up."""
    return pages.show(request, seat, "top_up", status=status, terms=found, alert=alert, key=key or uuid4())


def _key_of(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _words(error: BillingError, provider: str) -> str:
    if isinstance(error, Unreachable):
        return f"{provider} does not answer right now. Nothing was charged. Try again in a moment."
    if isinstance(error, Rejected):
        return f"{provider} refused to begin this payment. Nothing was charged."
    if isinstance(error, Refused):
        return "This account buys no credit as long as it is frozen or closed."
    if isinstance(error, KeyReused):
        return "This form was used for another amount before. Look at the amount again; nothing was charged."
    if isinstance(error, TooManyPending):
        return "There are too many unpaid top-ups. Pay one of them, or wait until they lapse."
    return "This payment cannot begin as it is. Nothing was charged."
