"""Customers with their wallets: what they have, and freezing, unfreezing and closing them, with a reason."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.customers import CustomerAdmin
from accounts.errors import AccountsError
from accounts.models import Action, Customer
from accounts.operators import acting
from accounts.operators.links import Tool, address, short
from accounts.operators.reasons import ReasonForm, reason_of
from billing import wake
from billing.operators import amounts
from billing.services import customers


@admin.register(Customer)
class CustomerWithWalletAdmin(CustomerAdmin):
    list_display = ("name", "state", "balance", "debt", "cut_off", "created_at", "short_id")
    list_select_related = ("wallet",)
    readonly_fields = (*CustomerAdmin.readonly_fields, "balance", "held", "available", "debt", "cut_off")
    action_form = ReasonForm
    actions = ("freeze", "unfreeze", "close")

    def tools(self, request: HttpRequest, obj: Customer) -> list[Tool]:  # noqa: ARG002
        return [Tool("Wallet", address("billing_wallet_change", obj.pk)), *of_customer(obj.pk)]

    @admin.display(description="id", ordering="id")
    def short_id(self, customer: Customer) -> str:
        return short(customer.pk)

    @admin.display(description="balance, USD", ordering="wallet__balance_nanos")
    def balance(self, customer: Customer) -> str:
        return amounts.usd(_of_wallet(customer, "balance_nanos"))

    @admin.display(description="held, USD")
    def held(self, customer: Customer) -> str:
        return amounts.usd(_of_wallet(customer, "held_nanos"))

    @admin.display(description="available, USD")
    def available(self, customer: Customer) -> str:
        return amounts.usd(_of_wallet(customer, "available_nanos"))

    @admin.display(description="debt, USD", ordering="wallet__debt_nanos")
    def debt(self, customer: Customer) -> str:
        return amounts.usd(_of_wallet(customer, "debt_nanos"))

    @admin.display(description="cut off since")
    def cut_off(self, customer: Customer) -> str:
        return amounts.at(_of_wallet(customer, "cut_off_at"))

    @admin.action(description="Freeze: refuse new requests and payments", permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, Action.FREEZE, customers.freeze)

    @admin.action(description="Unfreeze", permissions=["change"])
    def unfreeze(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, Action.UNFREEZE, customers.unfreeze)

    @admin.action(description="Close for good", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, Action.CLOSE, customers.close)

    def _change(
        self,
        request: HttpRequest,
        queryset: QuerySet[Customer],
        action: Action,
        verb: Callable[..., Customer],
    ) -> None:
        now = timezone.now()
        for customer in queryset.order_by("id"):
            try:
                with transaction.atomic():
                    reason = reason_of(request)
                    changed = verb(customer_id=customer.id, reason=reason, now=now)
                    if is_new := changed.state_changed_at == now:
                        acting.record(request, action, changed, now=now, reason=reason)
            except AccountsError as error:
                self.message_user(request, f"{customer}: {error.detail}", messages.ERROR)
                continue
            told = "is now" if is_new else "was already"
            self.message_user(request, f"{customer} {told} {changed.state}.")
        wake.wake("billing.tasks.publish_key_states")


def of_customer(customer_id: Any) -> list[Tool]:
    """Where everything of one customer is listed."""
    return [
        Tool("Keys", address("accounts_apikey_changelist", customer__id__exact=customer_id)),
        Tool("Lots", address("billing_creditlot_changelist", customer=customer_id)),
        Tool("Ledger", address("billing_ledgertransaction_changelist", customer=customer_id)),
        Tool("Debts", address("billing_debt_changelist", customer=customer_id)),
        Tool("Refunds", address("billing_refund_changelist", customer=customer_id)),
        Tool("Disputes", address("billing_dispute_changelist", customer=customer_id)),
        Tool("Holds", address("billing_hold_changelist", customer=customer_id)),
        Tool("Charges", address("usage_charge_changelist", customer=customer_id)),
        Tool("Operators", address("accounts_operatoraction_changelist", customer_id__exact=customer_id)),
    ]


def _of_wallet(customer: Customer, name: str) -> Any:
    """None where there is no wallet: the audit tells of that, and the page must open to be of use."""
    return getattr(getattr(customer, "wallet", None), name, None)
