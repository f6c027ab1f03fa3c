"""Issuing redemption codes: a form, and the only page on which the codes are ever shown."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import transaction
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.generic import FormView
from uuid_utils.compat import uuid7

from accounts.models import Action, User
from accounts.operators import acting
from accounts.operators.links import Tool, address
from billing.admin.credit_forms import LONGEST_REASON, UsdFormField, clean_reason
from billing.errors import BillingError
from billing.models import RedemptionCode
from billing.money import format_usd
from billing.services import codes
from billing.services.codes import LONGEST_LIFE_DAYS, MOST_AT_ONCE, MOST_USES, CodeTerms

PERMISSION: Final = "billing.issue_codes"


class IssueForm(forms.Form):
    """`token` makes sending the form twice issue once: it becomes the first code's id."""

    count = forms.IntegerField(label="How many codes", min_value=1, max_value=MOST_AT_ONCE, initial=1)
    amount = UsdFormField(label="Credit of each, USD")
    credit_expires_days = forms.IntegerField(
        label="Credit lapses after days",
        required=False,
        min_value=1,
        max_value=LONGEST_LIFE_DAYS,
        help_text="Counted from the day on which a code is redeemed. Empty: never.",
    )
    most_uses = forms.IntegerField(label="Uses of each code", min_value=1, max_value=MOST_USES, initial=1)
    most_uses_per_customer = forms.IntegerField(
        label="Uses by one customer", min_value=1, max_value=MOST_USES, initial=1
    )
    valid_days = forms.IntegerField(
        label="Codes are valid for days",
        required=False,
        min_value=1,
        max_value=LONGEST_LIFE_DAYS,
        help_text="Empty: until they are revoked.",
    )
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"class": "vTextField"}))
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    def clean_reason(self) -> str:
        return clean_reason(self.cleaned_data["reason"])

    def clean_token(self) -> UUID:
        token: UUID = self.cleaned_data["token"]
        return token


class IssuePage(PermissionRequiredMixin, FormView):  # type: ignore[type-arg]
    template_name = "operators/form.html"
    form_class = IssueForm
    permission_required = PERMISSION
    raise_exception = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        back = address("billing_redemptioncode_changelist")
        return {
            **admin.site.each_context(self.request),
            "title": "Issue codes",
            "action": "Issue codes",
            "warning": "Who has a code has its credit. The next page shows the codes; nothing keeps them.",
            "crumbs": [Tool("Redemption codes", back)],
            "back": back,
            "facts": [],
            **super().get_context_data(**more),
        }

    def form_valid(self, form: IssueForm) -> HttpResponse:
        filled, now = form.cleaned_data, timezone.now()
        assert isinstance(self.request.user, User)
        days = filled["valid_days"]
        terms = CodeTerms(
            credit_nanos=filled["amount"],
            reason=filled["reason"],
            most_uses=filled["most_uses"],
            most_uses_per_customer=filled["most_uses_per_customer"],
            credit_expires_days=filled["credit_expires_days"],
            expires_at=None if days is None else now + timedelta(days=days),
        )
        author_id = self.request.user.pk
        try:
            with transaction.atomic():
                issued = codes.issue(
                    terms, count=filled["count"], now=now, author_id=author_id, first_id=filled["token"]
                )
                self._record([code.id for code in issued], terms)
        except BillingError as error:
            field = error.extra.get("field")
            form.add_error(field if field in form.fields else None, error.detail)
            return self.form_invalid(form)
        return self._show([code.text for code in issued], terms)

    def _record(self, ids: list[UUID], terms: CodeTerms) -> None:
        first = RedemptionCode.objects.get(id=ids[0])
        detail = {
            "count": len(ids),
            "amount_usd": format_usd(terms.credit_nanos),
            "most_uses": terms.most_uses,
            "last_id": str(ids[-1]),
        }
        acting.record(
            self.request, Action.ISSUE_CODE, first, now=first.created_at, reason=terms.reason, detail=detail
        )

    def _show(self, texts: list[str], terms: CodeTerms) -> HttpResponse:
        """Lines for a spreadsheet: a code begins with a letter, so that no cell is taken for a formula.

        The admin site lets no browser keep its pages.
        """
        until = terms.expires_at.date().isoformat() if terms.expires_at else ""
        lines = [f"{text},{format_usd(terms.credit_nanos)},{until}" for text in texts]
        context = {
            **self.get_context_data(title=f"{len(texts)} codes, shown only now"),
            "lines": "\n".join(["code,usd,valid_until", *lines]),
            "height": min(len(lines) + 2, 40),
        }
        return TemplateResponse(self.request, "operators/codes.html", context)
