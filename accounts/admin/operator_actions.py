"""The operators' log, to be read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Action, OperatorAction
from accounts.operators.audited import ReadOnlyAdmin


class ActionFilter(admin.SimpleListFilter):
    """The known words, because reading the distinct ones from a long log takes its time."""

    title = parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(action.value, action.value) for action in Action]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[OperatorAction],
    ) -> QuerySet[OperatorAction]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    """Nothing here can be added, changed or deleted, by anybody: the database refuses it too."""

    list_display = ("at", "actor_name", "action", "object_kind", "object_name", "reason", "ip")
    list_filter = (ActionFilter, "channel", ("at", admin.DateFieldListFilter))
    ordering = ("-id",)
    search_fields = ("=actor_name", "=object_id", "=http_request_id")
    uuid_search_fields = ("customer_id", "object_id")
    search_help_text = "Operator's e-mail, id of an object or a customer, or HTTP request id, in full"
    fields = (
        "at",
        "actor_name",
        "channel",
        "ip",
        "action",
        "object_kind",
        "object_id",
        "object_name",
        "customer_id",
        "reason",
        "details",
        "http_request_id",
    )

    @admin.display(description="detail")
    def details(self, action: OperatorAction) -> SafeString:
        return format_html(
            '<pre class="detail">{}</pre>', json.dumps(action.detail, indent=2, ensure_ascii=False)
        )
