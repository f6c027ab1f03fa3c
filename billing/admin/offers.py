"""Exchange rates and bonuses: what was and is in force, and the pages that set the next."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address
from billing.admin.offer_pages import PERMISSION, OfferPage, PlanPage, RatePage
from billing.models import BonusPlan, ExchangeRate
from billing.money import format_usd
from catalog.decimals import format_fixed


class OfferAdmin(ReadOnlyAdmin):
    """Add-only, by a page with a preview."""

    change_list_template = "operators/list_with_tools.html"
    page: ClassVar[type[OfferPage]]
    page_name: ClassVar[str]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.page.as_view())
        return [path("set/", view, name=self.page_name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = request.user.has_perm(PERMISSION)
        tools = [Tool(self.page.title, address(self.page_name))] if may else []
        return super().changelist_view(request, {**(extra_context or {}), "tools": tools})

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


@admin.register(ExchangeRate)
class ExchangeRateAdmin(OfferAdmin):
    page = RatePage
    page_name = "billing_exchangerate_set"
    list_display = ("rate", "effective_at", "reason", "author", "created_at")
    fields = ("rate", "effective_at", "reason", "author", "created_at")
    list_select_related = ("author",)
    ordering = ("-effective_at", "-id")

    @admin.display(description="CNY for one USD")
    def rate(self, rate: ExchangeRate) -> str:
        return format_fixed(rate.cny_per_usd_micros, 6, strip=True)


@admin.register(BonusPlan)
class BonusPlanAdmin(OfferAdmin):
    page = PlanPage
    page_name = "billing_bonusplan_set"
    list_display = ("bonuses", "expires_days", "effective_at", "reason", "author")
    fields = ("bonuses", "expires_days", "effective_at", "reason", "author", "created_at")
    list_select_related = ("author",)
    ordering = ("-effective_at", "-id")

    @admin.display(description="bonuses")
    def bonuses(self, plan: BonusPlan) -> str:
        tiers = [
            f"from ${format_usd(tier['from_nanos'])}: {format_fixed(tier['bonus_ppm'], 4, strip=True)} %"
            for tier in plan.tiers
        ]
        return ", ".join(tiers) or "none"
