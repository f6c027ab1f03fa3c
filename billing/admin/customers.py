"""Freezing, unfreezing and closing customers, each with a reason."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.customers import CustomerAdmin
from accounts.errors import AccountsError
from accounts.models import Customer
from billing import wake
from billing.services import customers

admin.site.unregister(Customer)


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=300, label="Reason:")


@admin.register(Customer)
class CustomerWithWalletAdmin(CustomerAdmin):
    action_form = ReasonForm
    actions = ("freeze", "unfreeze", "close")

    @admin.action(description="Freeze: refuse new requests and payments", permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, customers.freeze, "Frozen")

    @admin.action(description="Unfreeze", permissions=["change"])
    def unfreeze(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, customers.unfreeze, "Unfrozen")

    @admin.action(description="Close for good", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        self._change(request, queryset, customers.close, "Closed")

    def _change(
        self, request: HttpRequest, queryset: QuerySet[Customer], verb: Callable[..., Any], done: str
    ) -> None:
        reason = request.POST.get("reason", "")
        now = timezone.now()
        for customer in queryset.order_by("id"):
            try:
                verb(customer_id=customer.id, reason=reason, now=now)
            except AccountsError as error:
                self.message_user(request, f"{customer}: {error.detail}", messages.ERROR)
                continue
            self.log_change(request, customer, f"{done}: {reason}")
            self.message_user(request, f"{done}: {customer}.")
        wake.wake("billing.tasks.publish_key_states")
