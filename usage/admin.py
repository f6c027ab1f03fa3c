"""What operators look at and answer for: quarantined events and conflicts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from billing import wake
from billing.admin.customers import ReasonForm
from usage.errors import UsageError
from usage.models import QuarantinedEvent, UsageConflict
from usage.services import quarantine


class _NotByHand(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows are shown as they came in."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(QuarantinedEvent)
class QuarantinedEventAdmin(_NotByHand):
    list_display = ("id", "code", "request_id", "gateway_id", "received_at", "resolved_at", "resolution")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "code")
    search_fields = ("request_id",)
    fields = readonly_fields = (
        "request_id",
        "gateway_id",
        "code",
        "detail",
        "payload",
        "may_be_unheld",
        "received_at",
        "resolved_at",
        "resolution",
    )
    action_form = ReasonForm
    actions = ("replay", "resolve")

    @admin.action(description="Try to charge again", permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[QuarantinedEvent]) -> None:
        for event in queryset.order_by("id"):
            replayed = quarantine.replay(event_id=event.id, now=timezone.now())
            if replayed is None:
                self.message_user(request, f"{event.id}: resolved before", messages.WARNING)
                continue
            told = f"{event.id}: {replayed.result} {replayed.code or ''}".rstrip()
            self.log_change(request, event, f"Tried again: {told}")
            self.message_user(request, told)
        wake.wake("usage.tasks.settle")

    @admin.action(description="Never charge, for this reason", permissions=["change"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[QuarantinedEvent]) -> None:
        reason = request.POST.get("reason", "")
        for event in queryset.order_by("id"):
            try:
                quarantine.resolve(event_id=event.id, reason=reason, now=timezone.now())
            except UsageError as error:
                self.message_user(request, f"{event.id}: {error.detail}", messages.ERROR)
                continue
            self.log_change(request, event, f"Resolved by hand: {reason}")
            self.message_user(request, f"{event.id}: resolved")


@admin.register(UsageConflict)
class UsageConflictAdmin(_NotByHand):
    list_display = ("id", "request_id", "customer_id", "gateway_id", "received_at", "corrected_by")
    list_filter = (("corrected_by", admin.EmptyFieldListFilter),)
    search_fields = ("request_id", "customer_id")
    fields = readonly_fields = (
        "customer_id",
        "request_id",
        "gateway_id",
        "payload",
        "received_at",
        "corrected_by",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
