"""Asking a provider about a payment again, by hand."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.generic import FormView

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing import wake
from billing.errors import BillingError, NotFound
from billing.models import TopUp
from billing.operators import amounts
from billing.services.top_ups import offers, queries
from billing.services.top_ups.converge import Converged, converge

PERMISSION: Final = "billing.check_payments"
TITLE: Final = "Ask the provider again"


class CheckPage(PermissionRequiredMixin, FormView):  # type: ignore[type-arg]
    """Posts what the provider shows and was not posted; pressing it twice changes nothing more."""

    form_class = forms.Form
    template_name = "operators/form.html"
    raise_exception = True
    permission_required = (PERMISSION, "billing.view_topup")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        top_up = self._top_up()
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**more),
            "title": f"{TITLE}: {top_up.provider} top-up of {top_up.customer}",
            "action": TITLE,
            "warning": "What the provider shows and our books do not have is posted.",
            "crumbs": [Tool("Top-up", self._back())],
            "back": self._back(),
            "facts": [
                ("State", top_up.state),
                ("Paid", f"{offers.shown(top_up.amount_minor, top_up.currency)} {top_up.currency}"),
                ("Credit, USD", amounts.usd(top_up.credit_nanos)),
                ("Bonus, USD", amounts.usd(top_up.bonus_nanos)),
            ],
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:  # noqa: ARG002 (Django's signature)
        top_up = self._top_up()
        now = timezone.now()
        try:
            converged = converge(customer_id=top_up.customer_id, top_up_id=top_up.id, now=now)
        except BillingError as error:
            messages.error(self.request, f"Not known: {error.detail}.")
            return HttpResponseRedirect(self._back())
        found = {"state_before": top_up.state, "state": converged.top_up.state, "result": _result(converged)}
        with transaction.atomic():
            acting.record(self.request, Action.CHECK_PAYMENT, top_up, now=now, detail=found)
        wake.wake("billing.tasks.publish_key_states")
        level = messages.WARNING if converged.difference else messages.SUCCESS
        messages.add_message(self.request, level, f"{_result(converged)}.")
        return HttpResponseRedirect(self._back())

    def _top_up(self) -> TopUp:
        try:
            return queries.get(**self.kwargs)
        except NotFound as error:
            raise Http404(error.detail) from None

    def _back(self) -> str:
        return address("billing_topup_change", self.kwargs["customer_id"], self.kwargs["top_up_id"])


def _result(converged: Converged) -> str:
    if converged.difference is not None:
        return f"Not what was asked for, {converged.difference.code}: {converged.difference.detail}"
    if converged.payment is None:
        return "The provider knows of no payment"
    if converged.is_credited_now:
        return "Paid, and credited now"
    return f"The provider shows it as {converged.payment.state}"
