"""Mails to customers: which went out, and those that nobody got, to be tried again."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import Tool, address
from billing import wake
from billing.errors import BillingError
from billing.models import Mail
from billing.services.mails import send

STATES = {
    "waiting": Q(next_try_at__isnull=False),
    "given_up": Q(sent_at__isnull=True, next_try_at__isnull=True),
    "sent": Q(sent_at__isnull=False),
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, name.replace("_", " ")) for name in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen = STATES.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen)


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ("kind", "recipient", "customer", "created_at", "attempts", "sent_at", "failure")
    list_filter = (StateFilter, "kind")
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("=recipient",)
    uuid_search_fields = ("id", "customer_id")
    search_help_text = "A whole address, or the id of a mail or a customer"
    fields = (
        *("kind", "customer", "recipient", "language", "cause_key", "content"),
        *("created_at", "attempts", "next_try_at", "sent_at", "failure"),
    )
    actions = ("try_again",)

    def tools(self, request: HttpRequest, obj: Mail) -> list[Tool]:  # noqa: ARG002
        return [Tool("Customer", address("accounts_customer_change", obj.customer_id))]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.retry_mails"))

    @admin.action(description="Try again to send", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        for mail in queryset.order_by("id"):
            now = timezone.now()
            try:
                with transaction.atomic():
                    send.retry(mail_id=mail.id, now=now)
                    acting.record(request, Action.RETRY_MAIL, mail, now=now)
            except BillingError as error:
                self.message_user(request, f"{mail}: {error.detail}", messages.WARNING)
                continue
            self.message_user(request, f"{mail}: it goes out in a moment")
        wake.wake("billing.tasks.send_mails")
