"""What every admin page has: each change in the operators' log, and lists that never count a big table."""

import functools
import operator
import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.models import Action
from accounts.operators import acting, links
from accounts.operators.links import Tool

MOST_COUNTED = 10_000
_WHOLE_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Message = str | list[dict[str, Any]]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most 10,000 rows: whoever needs what comes after them searches or filters."""

    @functools.cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:MOST_COUNTED].count()


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Django calls `log_*` in the transaction of the change; the log is ours, and the history shows it."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    change_form_template = "operators/change_form.html"
    # Columns that a whole UUID is looked for in: as text it would cost a look at every row.
    uuid_search_fields: tuple[str, ...] = ()

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:  # noqa: ARG002
        """Links above an object's page."""
        return []

    def called(self, obj: Any) -> str:
        """What the heading of an object's page calls it."""
        return str(obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        obj = context.get("original")
        if obj is not None:
            context = {**context, "tools": self.tools(request, obj), "subtitle": self.called(obj)}
        return super().render_change_form(request, context, *args, **options)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if self.uuid_search_fields and _WHOLE_UUID.fullmatch(term):
            named = [models.Q(**{field: UUID(term)}) for field in self.uuid_search_fields]
            return queryset.filter(functools.reduce(operator.or_, named)), False
        return super().get_search_results(request, queryset, search_term)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Message) -> None:  # type: ignore[override]
        acting.record(request, Action.ADD, obj, now=timezone.now(), detail=_told(message))

    def log_change(self, request: HttpRequest, obj: models.Model, message: Message) -> None:  # type: ignore[override]
        """Nothing is recorded where a form was saved as it was."""
        if message:
            acting.record(request, Action.CHANGE, obj, now=timezone.now(), detail=_told(message))

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> None:  # type: ignore[override]
        for obj in queryset:
            acting.record(request, Action.DELETE, obj, now=timezone.now())

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Form,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002
    ) -> list[dict[str, Any]]:
        """Django's message, and what was there before and after."""
        message = super().construct_change_message(request, form, formsets, add)
        values = {name: _before_and_after(form, name) for name in form.changed_data if name in form.fields}
        shown = {name: pair for name, pair in values.items() if "password" not in name}
        return [*message, {"values": shown}] if message else []

    def history_view(
        self,
        request: HttpRequest,  # noqa: ARG002
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The object's rows of the operators' log."""
        query = {"object_kind__exact": self.opts.label_lower, "object_id__exact": object_id}
        return HttpResponseRedirect(links.address("accounts_operatoraction_changelist", **query))


class ReadOnlyAdmin(AuditedAdmin):
    """Rows are looked at; what an operator does to them is an action of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """For `@admin.action(permissions=["act"])`: to act is to change, though no field is edited."""
        return super().has_change_permission(request)


def _told(message: Message) -> dict[str, Any]:
    return {"message": message} if message else {}


def _before_and_after(form: Form, name: str) -> list[Any]:
    before = form.get_initial_for_field(form.fields[name], name)
    return [_as_text(before), _as_text(form.cleaned_data.get(name))]


def _as_text(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, QuerySet | list | tuple | set):
        return sorted(str(each) for each in value)
    return str(value)
