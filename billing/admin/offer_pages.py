"""Setting the exchange rate and the bonuses: a form, a preview of what it means, then the service."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import models, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.generic import FormView

from accounts.models import Action, User
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing.admin.offer_forms import OfferForm, PlanForm, RateForm, without_confirmation
from billing.errors import BillingError
from billing.models import BonusPlan
from billing.money import format_usd
from billing.services.top_ups import offers, set_offers

PERMISSION: Final = "billing.set_offers"
# What the previews reckon with: 100 CNY, and these top-ups in USD.
SAMPLE_FEN: Final = 10_000
SAMPLES_USD: Final = (10, 20, 50, 100, 200, 500)

Facts = list[tuple[str, object]]


class OfferPage(PermissionRequiredMixin, FormView, ABC):  # type: ignore[type-arg]
    template_name = "operators/form.html"
    raise_exception = True
    permission_required = PERMISSION
    action: ClassVar[Action]
    title: ClassVar[str]
    listed: ClassVar[str]

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        back = address(self.listed)
        return {
            **admin.site.each_context(self.request),
            "title": self.title,
            "action": self.title,
            "warning": "For payments that begin from then on; nothing of it is ever changed or deleted.",
            "crumbs": [Tool("All of them", back)],
            "back": back,
            "facts": self.in_force(timezone.now()),
            **super().get_context_data(**more),
        }

    def form_valid(self, form: OfferForm) -> HttpResponse:
        if not form.is_confirmed:
            return self._preview(form)

        now = timezone.now()
        assert isinstance(self.request.user, User)
        effective_at = now + timedelta(minutes=form.cleaned_data["effective_in_minutes"])
        try:
            with transaction.atomic():
                row = self.set(form.cleaned_data, effective_at=effective_at, by=self.request.user, now=now)
                acting.record(self.request, self.action, row, now=now, reason=form.cleaned_data["reason"])
        except BillingError as error:
            field = error.extra.get("field")
            form.add_error(field if field in form.fields else None, error.detail)
            return self.form_invalid(form)
        messages.success(self.request, "Set.")
        return HttpResponseRedirect(address(self.listed))

    def _preview(self, form: OfferForm) -> HttpResponse:
        """Show what it means; the same answers sent again set it."""
        shown = type(form)(without_confirmation(form.data, form.digest))
        warning = "Nothing is set yet. This is what it means; send it again to set it."
        facts = [*self.in_force(timezone.now()), *self.preview(form.cleaned_data)]
        return self.render_to_response(self.get_context_data(form=shown, warning=warning, facts=facts))

    @abstractmethod
    def in_force(self, now: datetime) -> Facts: ...

    @abstractmethod
    def preview(self, filled: dict[str, Any]) -> Facts: ...

    @abstractmethod
    def set(
        self, filled: dict[str, Any], *, effective_at: datetime, by: User, now: datetime
    ) -> models.Model: ...


class RatePage(OfferPage):
    form_class = RateForm
    action = Action.SET_EXCHANGE_RATE
    title = "Set exchange rate"
    listed = "billing_exchangerate_changelist"

    def in_force(self, now: datetime) -> Facts:
        rate = offers.rate_in_force(now=now)
        return [
            ("100 CNY buy now, USD", _buys(rate.cny_per_usd_micros) if rate else "nothing: no rate is set")
        ]

    def preview(self, filled: dict[str, Any]) -> Facts:
        return [("100 CNY will buy, USD", _buys(filled["rate"]) if filled["rate"] else "nothing")]

    def set(self, filled: dict[str, Any], *, effective_at: datetime, by: User, now: datetime) -> models.Model:
        return set_offers.set_rate(
            cny_per_usd_micros=filled["rate"],
            effective_at=effective_at,
            reason=filled["reason"],
            author_id=by.pk,
            now=now,
        )


class PlanPage(OfferPage):
    form_class = PlanForm
    action = Action.SET_BONUS_PLAN
    title = "Set bonuses"
    listed = "billing_bonusplan_changelist"

    def in_force(self, now: datetime) -> Facts:
        return [("Bonuses now, USD", _bonuses(offers.plan_in_force(now=now)))]

    def preview(self, filled: dict[str, Any]) -> Facts:
        tiers = [{"from_nanos": tier.from_nanos, "bonus_ppm": tier.bonus_ppm} for tier in filled["tiers"]]
        return [("Bonuses then, USD", _bonuses(BonusPlan(tiers=tiers)))]

    def set(self, filled: dict[str, Any], *, effective_at: datetime, by: User, now: datetime) -> models.Model:
        return set_offers.set_plan(
            tiers=filled["tiers"],
            expires_days=filled["expires_days"],
            effective_at=effective_at,
            reason=filled["reason"],
            author_id=by.pk,
            now=now,
        )


def _buys(micros: int) -> str:
    return format_usd(offers.convert(SAMPLE_FEN, "CNY", micros))


def _bonuses(plan: BonusPlan | None) -> str:
    """The bonus of some top-ups: "10: 0, 20: 1"."""
    bonuses = [(dollars, offers.bonus_of(plan, dollars * 10**9)) for dollars in SAMPLES_USD]
    return ", ".join(f"{dollars}: {format_usd(bonus)}" for dollars, bonus in bonuses)
