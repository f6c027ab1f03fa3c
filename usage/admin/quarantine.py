"""Events that could not be charged: looked at, tried again, or answered for."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import MOST_COUNTED, ReadOnlyAdmin
from accounts.operators.links import Tool, address
from accounts.operators.open_rows import OpenFilter, answer_each
from accounts.operators.reasons import ReasonForm
from billing import wake
from usage.admin.request_links import request_of
from usage.errors import UsageError
from usage.models import QuarantinedEvent
from usage.services import quarantine


class OpenCodeFilter(admin.SimpleListFilter):
    """The codes of what is open: that list has an index, and the whole table may be long."""

    title = parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        waiting = QuarantinedEvent.objects.filter(resolved_at=None).values_list("code", flat=True)
        return [(code, code) for code in sorted(set(waiting[:MOST_COUNTED]))]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[QuarantinedEvent],
    ) -> QuerySet[QuarantinedEvent]:
        return queryset.filter(code=self.value()) if self.value() else queryset


@admin.register(QuarantinedEvent)
class QuarantinedEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "code", request_of, "detail", "received_at", "resolved_at", "resolution")
    list_filter = (OpenFilter, OpenCodeFilter)
    ordering = ("-id",)
    search_fields = ("=code",)
    uuid_search_fields = ("request_id",)
    search_help_text = "A whole request id, or a code"
    fields = (
        "request_id",
        "gateway_id",
        "code",
        "detail",
        "received",
        "may_be_unheld",
        "received_at",
        "resolved_at",
        "resolution",
    )
    action_form = ReasonForm
    actions = ("replay", "resolve")

    def tools(self, request: HttpRequest, obj: QuarantinedEvent) -> list[Tool]:  # noqa: ARG002
        return [Tool("Request", address("usage_request_by_id", obj.request_id))]

    @admin.display(description="event")
    def received(self, event: QuarantinedEvent) -> SafeString:
        return as_json(event.payload)

    @admin.action(description="Try to charge again", permissions=["act"])
    def replay(self, request: HttpRequest, queryset: QuerySet[QuarantinedEvent]) -> None:
        for event in queryset.order_by("id"):
            now = timezone.now()
            with transaction.atomic():
                replayed = quarantine.replay(event_id=event.id, now=now)
                if replayed is not None:
                    became = {"result": replayed.result, "code": replayed.code}
                    acting.record(request, Action.REPLAY_EVENT, event, now=now, detail=became)
            if replayed is None:
                self.message_user(request, f"{event.id}: resolved before", messages.WARNING)
                continue
            self.message_user(request, f"{event.id}: {replayed.result} {replayed.code or ''}".rstrip())
        wake.wake("usage.tasks.settle")

    @admin.action(description="Never charge, for this reason", permissions=["act"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[QuarantinedEvent]) -> None:
        answer_each(
            self,
            request,
            queryset,
            Action.RESOLVE_EVENT,
            lambda event, reason, now: quarantine.resolve(event_id=event.id, reason=reason, now=now),
            refused=UsageError,
            name=lambda event: event.id,
            told="resolved",
        )


def as_json(payload: object) -> SafeString:
    return format_html('<pre class="detail">{}</pre>', json.dumps(payload, indent=2, ensure_ascii=False))
