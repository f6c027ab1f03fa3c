"""Operators read the catalogue here and change it in its files, which `sync_catalog` loads."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.models import LanguageModel, PriceVersion, Provider, Rate
from catalog.price_sets import usd_per_million
from catalog.rating import METERS


class _ReadOnly:
    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


class RateInline(_ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Rate
    fields = readonly_fields = ("meter", "price", "official_price")

    @admin.display(description="USD per 1M")
    def price(self, rate: Rate) -> str:
        return usd_per_million(rate.price_picos)

    @admin.display(description="official USD per 1M")
    def official_price(self, rate: Rate) -> str:
        return usd_per_million(rate.official_picos) if rate.official_picos is not None else "-"


@admin.register(Provider)
class ProviderAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("slug", "name")


@admin.register(LanguageModel)
class LanguageModelAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("slug", "name", "provider", "context_tokens", "max_output_tokens", "is_active")
    list_filter = ("is_active", "provider")
    list_select_related = ("provider",)
    search_fields = ("slug", "name")


@admin.register(PriceVersion)
class PriceVersionAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "model", "effective_at", "rates_per_million", "created_at", "source")
    list_filter = ("model",)
    list_select_related = ("model",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    date_hierarchy = "effective_at"
    exclude = ("created_in",)
    inlines = (RateInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceVersion]:
        return super().get_queryset(request).prefetch_related("rates")

    @admin.display(description="USD per 1M")
    def rates_per_million(self, version: PriceVersion) -> str:
        rates = {rate.meter: rate for rate in version.rates.all()}
        return ", ".join(
            f"{meter} {usd_per_million(rates[meter].price_picos)}" for meter in METERS if meter in rates
        )
