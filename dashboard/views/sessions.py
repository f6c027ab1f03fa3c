"""Signing in and out, and choosing a customer."""

from collections.abc import Callable

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.models import User
from billing.errors import NotFound
from dashboard import pages, seats
from dashboard.seats import Seat


class SignInForm(AuthenticationForm):
    """Operators come in through their own site alone, which records it: here they are told nothing."""

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_staff:
            raise self.get_invalid_login_error()


class SignIn(LoginView):
    template_name = "dashboard/sign_in.html"
    authentication_form = SignInForm
    next_page = "dashboard:overview"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SignOut(LogoutView):
    next_page = "dashboard:sign-in"


def _rendered(view: Callable[..., HttpResponseBase]) -> pages.View:
    """Let the page's headers and refusals surround a class of Django's, whose answers render late."""

    @pages.page
    def shown(request: HttpRequest) -> HttpResponse:
        response = view(request)
        assert isinstance(response, HttpResponse)
        return response.render() if isinstance(response, TemplateResponse) else response

    return shown


sign_in = _rendered(SignIn.as_view())
sign_out = _rendered(SignOut.as_view())


@pages.for_members
def choose_customer(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Look at another of one's customers from now on."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])

    wanted = request.POST.get("customer", "")
    for membership in seat.memberships:
        if str(membership.customer_id) == wanted:
            seats.choose(request, seat.at(membership.customer_id))
            return redirect("dashboard:overview")
    raise NotFound("No such customer.")
