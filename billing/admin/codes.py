"""Redemption codes: which were issued, what became of them, and revoking them, with a reason."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.errors import AccountsError
from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address
from accounts.operators.reasons import ReasonForm, reason_of
from billing.admin.code_pages import PERMISSION, IssuePage
from billing.models import RedemptionCode
from billing.operators import amounts
from billing.services import codes


@admin.register(RedemptionCode)
class RedemptionCodeAdmin(ReadOnlyAdmin):
    """The codes themselves are nowhere: their last characters tell them apart."""

    change_list_template = "operators/list_with_tools.html"
    list_display = ("shown", "credit", "used", "expires_at", "revoked_at", "reason", "author", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("author",)
    search_fields = ("=hint", "reason")
    uuid_search_fields = ("id",)
    search_help_text = "A code's last four characters, its reason, or the whole id"
    ordering = ("-created_at", "-id")
    fields = (
        "id",
        "shown",
        "credit",
        "credit_expires_days",
        "uses",
        "most_uses",
        "most_uses_per_customer",
        "expires_at",
        "revoked_at",
        "reason",
        "author",
        "created_at",
    )
    action_form = ReasonForm
    actions = ("revoke",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(IssuePage.as_view())
        return [path("issue/", view, name="billing_redemptioncode_issue"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = self.has_issue_permission(request)
        tools = [Tool("Issue codes", address("billing_redemptioncode_issue"))] if may else []
        return super().changelist_view(request, {**(extra_context or {}), "tools": tools})

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    @admin.display(description="code", ordering="hint")
    def shown(self, code: RedemptionCode) -> str:
        return f"…{code.hint}"

    @admin.display(description="credit, USD", ordering="credit_nanos")
    def credit(self, code: RedemptionCode) -> str:
        return amounts.usd(code.credit_nanos)

    @admin.display(description="used", ordering="uses")
    def used(self, code: RedemptionCode) -> str:
        return f"{code.uses:,} of {code.most_uses:,}"

    @admin.action(description="Revoke for good, with a reason", permissions=["issue"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[RedemptionCode]) -> None:
        now = timezone.now()
        try:
            reason = reason_of(request)
        except AccountsError as error:
            self.message_user(request, f"Reason: {error.detail}", messages.ERROR)
            return
        for code in queryset.order_by("id"):
            with transaction.atomic():
                is_new = codes.revoke(code_id=code.id, now=now)
                if is_new:
                    acting.record(request, Action.REVOKE_CODE, code, now=now, reason=reason)
            told = "Revoked" if is_new else "Was revoked before"
            self.message_user(request, f"{told}: {code}. What was redeemed stays.")
