"""What all pages share: who may see them, their frame, and what they say where something is wrong."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import User
from billing.api.problems import UNAVAILABLE
from billing.errors import NotFound
from billing.models import Wallet
from dashboard import policy, seats
from dashboard.seats import Seat

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page with its headers; what is not there, and a database that is away, are said in words."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except NotFound:
            response = problem(request, 404, "Not here", "There is no such page, or it is not yours.")
        except UNAVAILABLE:
            words = "The database does not answer in time. No money was moved by this page. Try again."
            response = problem(request, 503, "One moment", words)
        return policy.protect(response)

    return shown


def for_members(view: View) -> View:
    """A page for who is signed in and belongs to a customer; calls `view(request, seat, …)`."""

    @page
    @wraps(view)
    def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            returns_to = request.get_full_path() if request.method == "GET" else reverse("dashboard:overview")
            return redirect_to_login(returns_to, reverse("dashboard:sign-in"))
        seat = seats.find(request, user)
        if seat is None:
            return problem(request, 403, "No customer", f"{user.email} belongs to no customer.")
        return view(request, seat, *args, **kwargs)

    return seated


def for_payers(view: View) -> View:
    """A page for owners, admins and those who do the billing."""

    @for_members
    @wraps(view)
    def paying(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
        if not seat.may_pay:
            words = f"As {seat.membership.role} of {seat.customer} you see the credit and cannot add to it."
            return problem(request, 403, "Ask an owner", words, seat=seat)
        return view(request, seat, *args, **kwargs)

    return paying


def show(request: HttpRequest, seat: Seat, template: str, *, status: int = 200, **shown: Any) -> HttpResponse:
    """A page in the frame of a customer, with its wallet."""
    wallet = Wallet.objects.get(customer_id=seat.customer_id)
    framed = {"seat": seat, "wallet": wallet, **shown}
    return render(request, f"dashboard/{template}.html", framed, status=status)


def problem(
    request: HttpRequest, status: int, title: str, words: str, *, seat: Seat | None = None
) -> HttpResponse:
    """A page that says what is wrong, without anything of the database."""
    shown = {"title": title, "words": words, "seat": seat}
    return render(request, "dashboard/problem.html", shown, status=status)
