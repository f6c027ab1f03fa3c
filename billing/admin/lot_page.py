"""Giving a lot of credit more time, with a reason."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.generic import FormView

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing.admin.credit_forms import LONGEST_REASON, clean_reason
from billing.errors import BillingError
from billing.models import CreditLot
from billing.operators import amounts
from billing.operators.filters import DAY, KNOWN_DAYS
from billing.services import lot_extensions

# Who may give credit may give it more time.
PERMISSION: Final = "billing.grant_credit"


class ExtendForm(forms.Form):
    day = forms.DateField(
        label="Good until the end of, UTC",
        widget=DAY,
        validators=KNOWN_DAYS,
        help_text="Later than it is; credit is never given less time.",
    )
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"class": "vTextField"}))

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])


class ExtendPage(PermissionRequiredMixin, FormView):  # type: ignore[type-arg]
    template_name = "operators/form.html"
    form_class = ExtendForm
    permission_required = (PERMISSION, "billing.view_creditlot")
    raise_exception = True

    def lot(self) -> CreditLot:
        lots = CreditLot.objects.select_related("customer")
        return get_object_or_404(lots, customer_id=self.kwargs["customer_id"], id=self.kwargs["lot_id"])

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        lot = self.lot()
        return {
            **admin.site.each_context(self.request),
            "title": f"Give more time: {lot.get_kind_display()} lot of {lot.customer}",
            "action": "Give more time",
            "warning": "The customer is told again before it lapses.",
            "crumbs": [
                Tool("Lots", address("billing_creditlot_changelist", customer=lot.customer_id)),
                Tool(str(lot), self._back()),
            ],
            "back": self._back(),
            "facts": [
                ("Amount, USD", amounts.usd(lot.amount_nanos)),
                ("Left, USD", amounts.usd(lot.remaining_nanos)),
                ("Lapses", amounts.at(lot.expires_at)),
            ],
            **super().get_context_data(**more),
        }

    def form_valid(self, form: ExtendForm) -> HttpResponse:
        lot, now = self.lot(), timezone.now()
        until = datetime.combine(form.cleaned_data["day"] + timedelta(days=1), time.min, tzinfo=UTC)
        try:
            with transaction.atomic():
                before = lot_extensions.extend(
                    customer_id=lot.customer_id, lot_id=lot.id, expires_at=until, now=now
                )
                detail = {"before": before.isoformat(), "after": until.isoformat()}
                reason = form.cleaned_data["reason"]
                acting.record(self.request, Action.EXTEND_LOT, lot, now=now, reason=reason, detail=detail)
        except BillingError as error:
            form.add_error("day" if error.extra.get("field") == "expires_at" else None, error.detail)
            return self.form_invalid(form)

        messages.success(self.request, f"Good until {amounts.at(until)}.")
        return HttpResponseRedirect(self._back())

    def _back(self) -> str:
        return address("billing_creditlot_change", self.kwargs["customer_id"], self.kwargs["lot_id"])
