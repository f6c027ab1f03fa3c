"""Redeeming a code."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import capfirst

from billing import wake
from billing.errors import BillingError
from billing.services import redemptions
from dashboard import amounts, pages
from dashboard.seats import Seat
from dashboard.views.payment import PUBLISH

LONGEST: Final = 100


@pages.for_payers
def redeem(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])
    if request.method != "POST":
        return pages.show(request, seat, "code")

    typed = request.POST.get("code", "")[:LONGEST]
    try:
        redeemed = redemptions.redeem(
            customer_id=seat.customer_id, typed=typed, now=timezone.now(), user_id=seat.user.pk
        )
    except BillingError as error:
        words = f"{capfirst(error.detail)}."
        return pages.show(request, seat, "code", status=error.http_status, error=words, typed=typed)

    wake.wake(PUBLISH)
    messages.success(request, f"{amounts.plain(redeemed.credit_nanos)} added.")
    return redirect("dashboard:overview")
