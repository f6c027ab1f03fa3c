"""Giving and correcting a customer's credit: a form, one service call, and what came of it."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import DataError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.generic import FormView

from accounts.models import Action, User
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing import wake
from billing.admin.credit_forms import AdjustForm, CreditForm, GrantForm
from billing.errors import BillingError, RequestConflict
from billing.models import Wallet
from billing.money import format_usd
from billing.operators import amounts
from billing.services import credits


class CreditPage(PermissionRequiredMixin, FormView, ABC):  # type: ignore[type-arg]
    """Needs its own permission beside that of seeing wallets. A form that is sent twice posts once."""

    template_name = "operators/form.html"
    raise_exception = True
    permission: ClassVar[str]
    action: ClassVar[Action]
    title: ClassVar[str]
    warning: ClassVar[str]

    def get_permission_required(self) -> tuple[str, ...]:
        return (self.permission, "billing.view_wallet")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        wallet = get_object_or_404(Wallet.objects.select_related("customer"), pk=self.kwargs["customer_id"])
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**more),
            "title": f"{self.title}: {wallet.customer}",
            "action": self.title,
            "warning": self.warning,
            "crumbs": [
                Tool("Wallets", address("billing_wallet_changelist")),
                Tool(str(wallet.customer), address("billing_wallet_change", wallet.pk)),
            ],
            "back": address("billing_wallet_change", wallet.pk),
            "facts": [
                ("Balance, USD", amounts.usd(wallet.balance_nanos)),
                ("Held, USD", amounts.usd(wallet.held_nanos)),
                ("Available, USD", amounts.usd(wallet.available_nanos)),
                ("Debt, USD", amounts.usd(wallet.debt_nanos)),
            ],
        }

    def form_valid(self, form: CreditForm) -> HttpResponse:
        wallet = get_object_or_404(Wallet.objects.select_related("customer"), pk=self.kwargs["customer_id"])
        try:
            is_new = self._post(wallet, form.cleaned_data)
        except RequestConflict:
            form.add_error(None, "This form was sent before, with another amount. Open it anew.")
            return self.form_invalid(form)
        except BillingError as error:
            field = error.extra.get("field")
            form.add_error(field if field in form.fields else None, error.detail)
            return self.form_invalid(form)
        except DataError:
            form.add_error("amount", "The wallet cannot hold so much.")
            return self.form_invalid(form)

        wake.wake("billing.tasks.publish_key_states")
        self._tell(wallet, form.cleaned_data["amount"], is_new=is_new)
        return HttpResponseRedirect(address("billing_wallet_change", wallet.pk))

    def _post(self, wallet: Wallet, filled: dict[str, Any]) -> bool:
        """Post and record in one transaction; a repetition posts nothing and records nothing."""
        now = timezone.now()
        assert isinstance(self.request.user, User)
        with transaction.atomic():
            is_new = self.post_credit(wallet.pk, filled, author_id=self.request.user.pk, now=now)
            if is_new:
                detail = {"amount_usd": format_usd(filled["amount"]), "effect_key": self.effect_key(filled)}
                acting.record(
                    self.request,
                    self.action,
                    wallet.customer,
                    now=now,
                    reason=filled["reason"],
                    detail=detail,
                )
        return is_new

    def effect_key(self, filled: dict[str, Any]) -> str:
        return f"{self.action}:admin:{filled['token']}"

    @abstractmethod
    def post_credit(
        self, customer_id: UUID, filled: dict[str, Any], *, author_id: UUID, now: datetime
    ) -> bool:
        """Call the service; False where the form's effect was posted before."""

    def _tell(self, wallet: Wallet, nanos: int, *, is_new: bool) -> None:
        done = f"${format_usd(abs(nanos))} {'added to' if nanos > 0 else 'taken from'} {wallet.customer}."
        before = "This form was sent before: nothing was posted a second time."
        messages.success(self.request, done) if is_new else messages.warning(self.request, before)


class GrantPage(CreditPage):
    form_class = GrantForm
    permission = "billing.grant_credit"
    action = Action.GRANT
    title = "Give credit"
    warning = "Promotional credit: it is spent before credit that was bought, and the house pays for it."

    def post_credit(
        self, customer_id: UUID, filled: dict[str, Any], *, author_id: UUID, now: datetime
    ) -> bool:
        days = filled["expires_in_days"]
        return credits.grant(
            customer_id=customer_id,
            amount_nanos=filled["amount"],
            reason=filled["reason"],
            effect_key=self.effect_key(filled),
            now=now,
            expires_at=None if days is None else now + timedelta(days=days),
            author_id=author_id,
        )


class AdjustPage(CreditPage):
    form_class = AdjustForm
    permission = "billing.adjust_credit"
    action = Action.ADJUST
    title = "Correct credit"
    warning = "For mistakes in the books of this customer, up or down. It changes the balance at once."

    def post_credit(
        self, customer_id: UUID, filled: dict[str, Any], *, author_id: UUID, now: datetime
    ) -> bool:
        return credits.adjust(
            customer_id=customer_id,
            amount_nanos=filled["amount"],
            reason=filled["reason"],
            author_id=author_id,
            effect_key=self.effect_key(filled),
            now=now,
        )
