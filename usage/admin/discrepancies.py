"""Runs of the reconciliation of usage, and the discrepancies that somebody answers for."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Action, User
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address
from accounts.operators.open_rows import OpenFilter, answer_each
from accounts.operators.reasons import ReasonForm
from billing.operators import amounts
from usage.admin.request_links import request_of
from usage.errors import UsageError
from usage.models import Discrepancy, ReconciliationRun
from usage.services.reconciliation import discrepancies


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    """Answering moves no money: what a customer is to get back is a correction of credit."""

    list_display = ("id", "kind", request_of, "amount", "found_at", "resolved_at", "resolution")
    list_filter = (OpenFilter, "kind")
    ordering = ("-id",)
    search_fields = ("=request_id",)
    uuid_search_fields = ("request_id", "customer_id")
    search_help_text = "A whole request id or customer id"
    fields = (
        "kind",
        "customer_id",
        "request_id",
        "gateway_id",
        "amount",
        "found_in",
        "found_at",
        "resolved_at",
        "resolved_by",
        "resolution",
    )
    action_form = ReasonForm
    actions = ("answer",)

    def tools(self, request: HttpRequest, obj: Discrepancy) -> list[Tool]:  # noqa: ARG002
        if obj.customer_id is None:
            return [Tool("Request", address("usage_request_by_id", obj.request_id))]
        return [
            Tool("Request", address("usage_request", obj.customer_id, obj.request_id)),
            Tool("Customer", address("accounts_customer_change", obj.customer_id)),
        ]

    @admin.display(description="amount in question, USD")
    def amount(self, discrepancy: Discrepancy) -> str:
        return amounts.usd(discrepancy.amount_nanos)

    @admin.action(description="Answer for them, with a reason", permissions=["act"])
    def answer(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> None:
        assert isinstance(request.user, User)
        by = request.user.pk

        def answer(each: Discrepancy, reason: str, now: datetime) -> None:
            discrepancies.answer(discrepancy_id=each.pk, user_id=by, resolution=reason, now=now)

        answer_each(
            self,
            request,
            queryset,
            Action.ANSWER_DISCREPANCY,
            answer,
            refused=UsageError,
            name=lambda each: each.pk,
        )


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "from_at", "until_at", "finished_at", "found")
    ordering = ("-id",)
    fields = ("from_at", "until_at", "started_at", "finished_at", "found")

    def tools(self, request: HttpRequest, obj: ReconciliationRun) -> list[Tool]:  # noqa: ARG002
        found = address("usage_discrepancy_changelist", found_in__id__exact=obj.pk)
        return [Tool("Discrepancies that it found first", found)]
