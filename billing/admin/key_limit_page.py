"""Setting and clearing the spending limit of an API key and its line, with a reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.generic import FormView

from accounts.errors import AccountsError
from accounts.models import Action, ApiKey, LimitPeriod
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing import wake
from billing.admin.credit_forms import LONGEST_REASON, UsdFormField, clean_reason
from billing.errors import BillingError
from billing.models import KeySpend
from billing.money import format_usd
from billing.operators import amounts
from billing.services import key_limits

WARNING = (
    "It holds for this key and those rotated into it, together, at once; what they spent since the period "
    "began counts."
)


class LimitForm(forms.Form):
    limit = UsdFormField(
        label="Limit, USD", may_be_zero=True, required=False, help_text="Empty: no limit. Zero: no requests."
    )
    period = forms.ChoiceField(
        label="In each", choices=LimitPeriod.choices, help_text="Days are UTC, weeks begin on Monday."
    )
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"class": "vTextField"}))

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])


class LimitPage(PermissionRequiredMixin, FormView):  # type: ignore[type-arg]
    """Whoever may change keys may limit them: a limit stops requests, and moves no money."""

    template_name = "operators/form.html"
    form_class = LimitForm
    permission_required = ("accounts.change_apikey",)
    raise_exception = True

    def key(self) -> ApiKey:
        return get_object_or_404(ApiKey.objects.select_related("customer"), pk=self.kwargs["api_key_id"])

    def get_initial(self) -> dict[str, Any]:
        key = self.key()
        limit = None if key.limit_nanos is None else format_usd(key.limit_nanos)
        return {"limit": limit, "period": key.limit_period or LimitPeriod.MONTH}

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        key = self.key()
        page = address("accounts_apikey_change", key.pk)
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**more),
            "title": f"Limit: {key}",
            "action": "Set limit",
            "warning": WARNING,
            "crumbs": [Tool("API keys", address("accounts_apikey_changelist")), Tool(str(key), page)],
            "back": page,
            "facts": limit_facts(key),
        }

    def form_valid(self, form: LimitForm) -> HttpResponse:
        key, now = self.key(), timezone.now()
        nanos, period = form.cleaned_data["limit"], form.cleaned_data["period"]
        own: dict[str, Any] = {"customer": key.customer, "api_key_id": key.pk, "now": now}
        try:
            with transaction.atomic():
                if nanos is None:
                    key_limits.clear_limit(**own)
                else:
                    key_limits.set_limit(**own, limit_nanos=nanos, period=period)
                detail = {"before": _limit(key), "after": _limit_of(nanos, period)}
                reason = form.cleaned_data["reason"]
                acting.record(self.request, Action.LIMIT_KEY, key, now=now, reason=reason, detail=detail)
        except (BillingError, AccountsError) as error:
            form.add_error(None, error.detail)
            return self.form_invalid(form)

        wake.wake("billing.tasks.publish_key_states")
        messages.success(self.request, f"{key}: {_limit_of(nanos, period)}.")
        return HttpResponseRedirect(address("accounts_apikey_change", key.pk))


def limit_facts(key: ApiKey) -> list[tuple[str, object]]:
    """The limit of the key's line, and what of it is spent and set aside in its period."""
    if key.limit_nanos is None:
        return [("Limit", "none")]
    facts: list[tuple[str, object]] = [
        ("Limit, USD", amounts.usd(key.limit_nanos)),
        ("In each", key.limit_period),
    ]
    counter = KeySpend.objects.filter(customer_id=key.customer_id, api_key_id=key.first_key_id).first()
    if counter is not None:
        facts += [
            ("Period of the counter began", counter.period_start),
            ("Spent in it, USD", amounts.usd(counter.spent_nanos)),
            ("Held in it, USD", amounts.usd(counter.held_nanos)),
            ("Cut off since", amounts.at(counter.cut_off_at)),
        ]
    return facts


def _limit(key: ApiKey) -> str:
    return _limit_of(key.limit_nanos, key.limit_period)


def _limit_of(nanos: int | None, period: str | None) -> str:
    return "no limit" if nanos is None else f"${format_usd(nanos)} in each {period}"
