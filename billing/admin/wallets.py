"""Wallets, to be looked at; credit is given and corrected on pages of their own."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address, link
from billing.admin.credit_pages import AdjustPage, GrantPage
from billing.admin.customers import of_customer
from billing.models import Wallet
from billing.operators import amounts


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """Read-only: credit moves through the ledger alone."""

    list_display = ("customer", "balance", "held", "available", "debt", "cut_off_at")
    list_filter = (("cut_off_at", admin.EmptyFieldListFilter),)
    list_select_related = ("customer",)
    ordering = ("-customer_id",)
    search_fields = ("customer__name", "customer__members__email")
    uuid_search_fields = ("customer_id",)
    search_help_text = "The customer's name, a member's e-mail, or the whole id"
    fields = (
        "owner",
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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:customer_id>/grant/", view(GrantPage.as_view()), name="billing_wallet_grant"),
            path("<uuid:customer_id>/adjust/", view(AdjustPage.as_view()), name="billing_wallet_adjust"),
            *super().get_urls(),
        ]

    def called(self, obj: Wallet) -> str:
        return str(obj.customer)

    def tools(self, request: HttpRequest, obj: Wallet) -> list[Tool]:
        pages = [
            ("Give credit", "billing_wallet_grant", GrantPage.permission),
            ("Correct credit", "billing_wallet_adjust", AdjustPage.permission),
        ]
        allowed = [
            Tool(label, address(page, obj.pk)) for label, page, right in pages if request.user.has_perm(right)
        ]
        return [*allowed, *of_customer(obj.pk)]

    @admin.display(description="customer")
    def owner(self, wallet: Wallet) -> SafeString:
        return link(wallet.customer, "accounts_customer_change", wallet.pk)

    @admin.display(description="balance, USD", ordering="balance_nanos")
    def balance(self, wallet: Wallet) -> str:
        return amounts.usd(wallet.balance_nanos)

    @admin.display(description="held, USD", ordering="held_nanos")
    def held(self, wallet: Wallet) -> str:
        return amounts.usd(wallet.held_nanos)

    @admin.display(description="available, USD")
    def available(self, wallet: Wallet) -> str:
        return amounts.usd(wallet.available_nanos)

    @admin.display(description="debt, USD", ordering="debt_nanos")
    def debt(self, wallet: Wallet) -> str:
        return amounts.usd(wallet.debt_nanos)
