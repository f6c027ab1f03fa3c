"""Automatic top-ups: what a customer agrees to, from which card, and how it takes that back."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from billing.errors import BillingError, NotFound
from billing.models import AutoTopUp
from billing.payments import registry
from billing.payments.names import ProviderName
from billing.services.auto_top_ups import cards, settings, suspensions
from dashboard import auto_top_up_form, pages
from dashboard.auto_top_up_form import AutoTopUpForm
from dashboard.seats import Seat

_SUSPENDED: Final = {
    suspensions.CARD_REMOVED: "its card was removed",
    "authentication_required": "your bank wants you to confirm the payment yourself",
}


@pages.for_payers
def auto_top_up(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])
    if request.method != "POST":
        return _show(request, seat)

    action = request.POST.get("action", "")
    if action == "agree":
        return _agree(request, seat)
    if action == "switch_off":
        settings.switch_off(customer_id=seat.customer_id, now=timezone.now())
        messages.success(request, "Automatic top-ups are off.")
    elif action == "remove_card":
        _remove_card(request, seat)
    return redirect("dashboard:auto-top-up")


def _agree(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = auto_top_up_form.posted(request.POST.dict())
    terms = form.terms()
    if isinstance(terms, AutoTopUpForm):
        return _show(request, seat, form=terms, status=422)

    try:
        settings.agree(customer_id=seat.customer_id, user_id=seat.user.pk, terms=terms, now=timezone.now())
    except BillingError as error:
        return _show(request, seat, form=form.refused(error), status=error.http_status)
    messages.success(request, "Automatic top-ups are on.")
    return redirect("dashboard:auto-top-up")


def _remove_card(request: HttpRequest, seat: Seat) -> None:
    try:
        card_id = UUID(request.POST.get("card", ""))
    except ValueError:
        raise NotFound("No such card.") from None
    card = cards.remove(customer_id=seat.customer_id, saved_card_id=card_id, now=timezone.now())
    messages.success(request, f"{card} is removed and will not be charged again.")


def _show(
    request: HttpRequest, seat: Seat, *, form: AutoTopUpForm | None = None, status: int = 200
) -> HttpResponse:
    auto = settings.find(customer_id=seat.customer_id)
    return pages.show(
        request,
        seat,
        "auto_top_up",
        status=status,
        auto=auto,
        suspended=_suspended(auto),
        cards=cards.page(customer_id=seat.customer_id),
        form=form or auto_top_up_form.of(auto),
        may_save_cards=any(each.name == ProviderName.STRIPE for each in registry.available()),
    )


def _suspended(auto: AutoTopUp | None) -> str:
    """Why nothing is charged although it is switched on, in words."""
    if auto is None or auto.suspended_at is None:
        return ""
    return _SUSPENDED.get(auto.suspended_reason, f"the card was declined ({auto.suspended_reason})")
