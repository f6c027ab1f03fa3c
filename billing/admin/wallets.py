"""Wallets, to be looked at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.models import Wallet
from billing.money import format_usd


@admin.register(Wallet)
class WalletAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only: credit moves through the ledger alone."""

    list_display = ("customer", "balance", "held", "available", "debt", "cut_off_at")
    list_filter = (("cut_off_at", admin.EmptyFieldListFilter),)
    list_select_related = ("customer",)
    search_fields = ("customer__name", "customer__id", "customer__members__email")
    fields = (
        "customer",
        "currency",
        "balance",
        "held",
        "available",
        "debt",
        "cut_off_at",
        "state_version",
        "last_seq",
        "opened_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="balance, USD", ordering="balance_nanos")
    def balance(self, wallet: Wallet) -> str:
        return format_usd(wallet.balance_nanos)

    @admin.display(description="held, USD", ordering="held_nanos")
    def held(self, wallet: Wallet) -> str:
        return format_usd(wallet.held_nanos)

    @admin.display(description="available, USD")
    def available(self, wallet: Wallet) -> str:
        return format_usd(wallet.available_nanos)

    @admin.display(description="debt, USD", ordering="debt_nanos")
    def debt(self, wallet: Wallet) -> str:
        return format_usd(wallet.debt_nanos)
