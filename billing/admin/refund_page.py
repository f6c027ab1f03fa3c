"""Refunding a top-up: what can go back and why no more, a form, and what the provider said."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.generic import FormView
from uuid_utils.compat import uuid7

from accounts.models import Action, User
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing import wake
from billing.admin.credit_forms import LONGEST_REASON, clean_reason
from billing.errors import BillingError, NotFound
from billing.models import Refund, RefundState, TopUp
from billing.operators import amounts
from billing.payments import currencies
from billing.payments.errors import ProviderError
from billing.services.refunds import give, refundable, send
from billing.services.refunds.give import Given
from billing.services.top_ups import offers, queries
from catalog.decimals import parse_fixed

PERMISSION: Final = "billing.give_refund"
TITLE: Final = "Refund"
MOST_MINOR: Final = 100_000_000
_UUIDV7: Final = 7


class RefundForm(forms.Form):
    """`token` makes sending the form twice refund once: it becomes the refund's id."""

    amount = forms.CharField(max_length=20)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Stands on the ledger and on the customer's statement for ever.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._places = currencies.places(currency)
        self.fields["amount"].label = f"Amount, {currency}"

    def clean_amount(self) -> int:
        try:
            return parse_fixed(self.cleaned_data["amount"], self._places, MOST_MINOR)
        except ValueError as error:
            raise ValidationError(f"An amount such as 12.50: {error}.", code="invalid") from None

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])

    def clean_token(self) -> UUID:
        token: UUID = self.cleaned_data["token"]
        if token.version != _UUIDV7:
            raise ValidationError("Open this form anew.", code="invalid")
        return token


class RefundPage(PermissionRequiredMixin, FormView):  # type: ignore[type-arg]
    form_class = RefundForm
    template_name = "operators/form.html"
    raise_exception = True
    permission_required = (PERMISSION, "billing.view_topup")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "currency": self._top_up().currency}

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        top_up = self._top_up()
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**more),
            "title": f"{TITLE}: {top_up.get_provider_display()} top-up of {top_up.customer}",
            "action": TITLE,
            "warning": "The credit is taken at once, then the provider is asked. What it refuses comes back.",
            "crumbs": [Tool("Top-up", self._back())],
            "back": self._back(),
            "facts": _facts(top_up),
        }

    def form_valid(self, form: RefundForm) -> HttpResponse:
        try:
            given = self._give(form.cleaned_data)
        except BillingError as error:
            field = error.extra.get("field")
            form.add_error(field if field in form.fields else None, error.detail)
            return self.form_invalid(form)

        self._send(given)
        wake.wake("billing.tasks.publish_key_states")
        return HttpResponseRedirect(self._back())

    def _give(self, filled: dict[str, Any]) -> Given:
        """Debit and record in one transaction; a repetition does neither."""
        now = timezone.now()
        assert isinstance(self.request.user, User)
        with transaction.atomic():
            given = give.give(
                **self.kwargs,
                amount_minor=filled["amount"],
                reason=filled["reason"],
                author_id=self.request.user.pk,
                refund_id=filled["token"],
                now=now,
            )
            if given.is_new:
                detail = {"amount": _shown(given.top_up, filled["amount"]), "refund_id": given.refund.id}
                acting.record(
                    self.request,
                    Action.REFUND,
                    given.top_up,
                    now=now,
                    reason=filled["reason"],
                    detail=detail,
                )
        return given

    def _send(self, given: Given) -> None:
        refund = given.refund
        try:
            refund = send.send(customer_id=refund.customer_id, refund_id=refund.id, now=timezone.now())
        except ProviderError as error:
            told = f"The credit is taken; the provider is asked again by itself, since {error.detail}."
            messages.warning(self.request, told)
            return
        level, told = _told(refund, _shown(given.top_up, refund.amount_minor))
        messages.add_message(self.request, level, told)

    def _top_up(self) -> TopUp:
        try:
            return queries.get(**self.kwargs)
        except NotFound as error:
            raise Http404(error.detail) from None

    def _back(self) -> str:
        return address("billing_topup_change", self.kwargs["customer_id"], self.kwargs["top_up_id"])


def _facts(top_up: TopUp) -> list[tuple[str, object]]:
    can = refundable.of(top_up)
    most = can.most_minor
    return [
        ("Paid", _shown(top_up, top_up.amount_minor)),
        ("Refunded before", _shown(top_up, top_up.refunded_minor)),
        ("Taken by a bank", _shown(top_up, top_up.disputed_minor)),
        ("Left of its credit, USD", amounts.usd(can.purchase.unspent)),
        ("Spent of its bonus, USD", amounts.usd(can.purchase.spent_bonus)),
        ("Available, USD", amounts.usd(can.available_nanos)),
        ("At most", _shown(top_up, most)),
        ("Takes then, USD", amounts.usd(can.debit_of(most))),
        ("Lapses of its bonus then, USD", amounts.usd(can.bonus_of(most))),
        ("Why no more", "; ".join(can.reasons()) or "-"),
    ]


def _told(refund: Refund, amount: str) -> tuple[int, str]:
    if refund.state == RefundState.FAILED:
        return messages.ERROR, f"The provider refused, the credit is back: {refund.failure}."
    if refund.state == RefundState.SUCCEEDED:
        return messages.SUCCESS, f"{amount} refunded."
    return messages.SUCCESS, f"{amount} is on its way; the provider needs some time."


def _shown(top_up: TopUp, minor: int) -> str:
    return f"{offers.shown(minor, top_up.currency)} {top_up.currency}"
