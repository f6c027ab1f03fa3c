"""Payment providers' own books beside ours: runs, and differences that somebody answers for."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.open_rows import answer_each
from accounts.operators.reasons import ReasonForm
from billing.errors import BillingError
from billing.models import PaymentDiscrepancy, PaymentReconciliation
from billing.services.payment_reconciliation import discrepancies


class OpenFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("yes", "open"), ("answered", "answered"), ("gone", "gone by itself")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() == "yes":
            return queryset.filter(gone_at__isnull=True, answered_at__isnull=True)
        if self.value() == "answered":
            return queryset.filter(answered_at__isnull=False)
        return queryset.filter(gone_at__isnull=False) if self.value() == "gone" else queryset


@admin.register(PaymentDiscrepancy)
class PaymentDiscrepancyAdmin(ReadOnlyAdmin):
    """Answering moves no money: that is a refund, or a correction of credit."""

    list_display = (
        *("provider", "day_date", "kind", "key", "ours_minor", "theirs_minor"),
        *("found_at", "gone_at", "answer"),
    )
    list_filter = (OpenFilter, "provider", "kind")
    ordering = ("-day_date", "-id")
    search_fields = ("=key",)
    uuid_search_fields = ("customer_id",)
    search_help_text = "A whole key, or a customer's id"
    action_form = ReasonForm
    actions = ("answer_for",)

    @admin.action(description="Answer for them, with a reason", permissions=["act"])
    def answer_for(self, request: HttpRequest, queryset: QuerySet[PaymentDiscrepancy]) -> None:
        by = acting.operator_of(request).user_id
        assert by is not None

        def answer(found: PaymentDiscrepancy, reason: str, now: datetime) -> None:
            discrepancies.answer(discrepancy_id=found.pk, reason=reason, author_id=by, now=now)

        answer_each(
            self,
            request,
            queryset,
            Action.ANSWER_DISCREPANCY,
            answer,
            refused=BillingError,
            name=lambda found: found.key,
        )


@admin.register(PaymentReconciliation)
class PaymentReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        *("provider", "day_date", "finished_at", "matched"),
        *("missing_here", "missing_there", "differing", "open_minor"),
    )
    list_filter = ("provider",)
    ordering = ("-finished_at",)
