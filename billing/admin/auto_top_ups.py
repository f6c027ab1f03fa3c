"""Automatic top-ups, to be looked at: what customers agreed to, and what suspended it."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address, link
from billing.models import AutoTopUp, SavedCard
from billing.operators import amounts
from billing.services.auto_top_ups.settings import CURRENCY
from billing.services.top_ups import offers


@admin.register(AutoTopUp)
class AutoTopUpAdmin(ReadOnlyAdmin):
    """Only the customer changes it: nobody else may agree to charges."""

    list_display = ("customer", "enabled", "suspended_at", "suspended_reason", "threshold", "amount", "cap")
    list_filter = ("enabled", ("suspended_at", admin.EmptyFieldListFilter))
    list_select_related = ("customer",)
    ordering = ("-customer_id",)
    search_fields = ("customer__name", "customer__members__email")
    uuid_search_fields = ("customer_id",)
    search_help_text = "The customer's name, a member's e-mail, or the whole id"
    fields = (
        "owner",
        "enabled",
        "threshold",
        "amount",
        "cap",
        "card",
        "agreed_at",
        "agreed_by",
        "suspended_at",
        "suspended_reason",
        "next_check_at",
    )

    def tools(self, request: HttpRequest, obj: AutoTopUp) -> list[Tool]:  # noqa: ARG002
        return [
            Tool("Wallet", address("billing_wallet_change", obj.pk)),
            Tool("Top-ups", address("billing_topup_changelist", customer=obj.pk)),
        ]

    @admin.display(description="customer")
    def owner(self, auto: AutoTopUp) -> SafeString:
        return link(auto.customer, "accounts_customer_change", auto.pk)

    @admin.display(description="below, USD", ordering="threshold_nanos")
    def threshold(self, auto: AutoTopUp) -> str:
        return amounts.usd(auto.threshold_nanos)

    @admin.display(description="amount, USD", ordering="amount_minor")
    def amount(self, auto: AutoTopUp) -> str:
        return offers.shown(auto.amount_minor, CURRENCY)

    @admin.display(description="in a month at most, USD", ordering="monthly_cap_minor")
    def cap(self, auto: AutoTopUp) -> str:
        return offers.shown(auto.monthly_cap_minor, CURRENCY)

    @admin.display(description="card")
    def card(self, auto: AutoTopUp) -> str:
        return str(SavedCard.objects.get(customer_id=auto.customer_id, id=auto.saved_card_id))
