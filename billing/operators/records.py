"""Lists of the big tables, which Django's admin cannot show: their primary keys have several columns.

Pages go from the newest row to older ones by key, so that each costs the same however long the table is, and
nothing is counted. A filter that no index serves looks through the newest rows only, and says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from billing.operators.filters import Filters

PAGE = 50
LOOKED_THROUGH = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    of: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Page:
    """`older` is the cursor of the next page; `looked_through`: what comes after it was not looked at."""

    rows: Sequence[Any]
    older: str = ""
    looked_through: bool = False


class Records:
    """A read-only list of one model, by its key `order` from the newest row on.

    The first column of `order` leads into an index; one of them is a UUIDv7, and so tells the time.
    """

    model: ClassVar[type[Model]]
    columns: ClassVar[tuple[Column, ...]]
    order: ClassVar[tuple[str, ...]]
    filters: ClassVar[type[Filters]] = Filters
    related: ClassVar[tuple[str, ...]] = ("customer",)
    # Names of filters, and the columns that they compare.
    exact: ClassVar[dict[str, str]] = {}
    unindexed: ClassVar[frozenset[str]] = frozenset()
    needs_customer: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        options = cls.model._meta  # noqa: SLF001 (Django documents it)
        return f"{options.app_label}_{options.model_name}"

    @classmethod
    def permission(cls) -> str:
        options = cls.model._meta  # noqa: SLF001
        return f"{options.app_label}.view_{options.model_name}"

    def urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        options = self.model._meta  # noqa: SLF001
        root = f"{options.app_label}/{options.model_name}/"
        return [path(root, wrap(self.list_view), name=f"{self.name()}_changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        require(request, self.permission())
        form = self.filters(request.GET)
        page = self.page(form) if form.is_valid() else Page(())
        asks = self.needs_customer and form.is_valid() and not form.cleaned_data["customer"]
        options = self.model._meta  # noqa: SLF001
        context = {
            "title": str(options.verbose_name_plural).capitalize(),
            "opts": options,
            "form": form,
            "columns": self.columns,
            "table": [[column.of(row) for column in self.columns] for row in page.rows],
            "asks_for_customer": asks,
            "looked_through": LOOKED_THROUGH if page.looked_through else None,
            "newest": _query(request, after=""),
            "older": _query(request, after=page.older) if page.older else "",
        }
        return answer(request, "operators/records.html", context)

    def page(self, form: Filters) -> Page:
        chosen = form.cleaned_data
        if self.needs_customer and not chosen["customer"]:
            return Page(())

        rows = _after(self._indexed(form), self.order, chosen["after"])
        narrowed = {column: chosen[name] for name, column in self.exact.items() if chosen.get(name)}
        bound = self.bound(rows, chosen)
        if bound:
            rows = _not_beyond(rows, self.order, bound)
        found = list(rows.filter(**narrowed).prefetch_related(*self.related)[: PAGE + 1])
        if len(found) > PAGE:
            return Page(found[:PAGE], _cursor(_key(found[PAGE - 1], self.order)))
        return Page(found, _cursor(bound) if bound else "", looked_through=bool(bound))

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.all()  # noqa: SLF001 (Django documents it)

    def _indexed(self, form: Filters) -> QuerySet[Any]:
        since, until = form.span()
        bounds = {f"{self.time_column()}__gte": since, f"{self.time_column()}__lt": until}
        if form.cleaned_data["customer"]:
            bounds["customer_id"] = form.cleaned_data["customer"]
        if form.cleaned_data.get("request"):
            bounds["request_id"] = form.cleaned_data["request"]
        given = {name: value for name, value in bounds.items() if value is not None}
        return self.rows().filter(**given).order_by(*(f"-{name}" for name in self.order))

    @classmethod
    def time_column(cls) -> str:
        """The UUIDv7 of the key."""
        return next(name for name in cls.order if name != "customer_id")

    def bound(self, rows: QuerySet[Any], chosen: dict[str, Any]) -> tuple[UUID, ...] | None:
        """The key of the last row that a filter without an index may look at; None where all may be."""
        if chosen.get("request") or not any(chosen.get(name) for name in self.unindexed):
            return None
        last = list(rows.values_list(*self.order)[LOOKED_THROUGH : LOOKED_THROUGH + 1])
        return last[0] if last else None


def require(request: HttpRequest, *permissions: str) -> None:
    if not all(request.user.has_perm(permission) for permission in permissions):
        raise PermissionDenied


def answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


def shown(columns: Iterable[tuple[str, str]], show: Callable[[Any], object] = str) -> tuple[Column, ...]:
    """Columns of plain attributes: label and name."""
    return tuple(Column(label, partial(_attribute, name=name, show=show)) for label, name in columns)


def _attribute(row: Any, *, name: str, show: Callable[[Any], object]) -> object:
    value = getattr(row, name)
    return "-" if value in (None, "") else show(value)


def _key(row: Any, order: Sequence[str]) -> tuple[UUID, ...]:
    return tuple(getattr(row, name) for name in order)


def _after(rows: QuerySet[Any], order: Sequence[str], cursor: Sequence[UUID]) -> QuerySet[Any]:
    """Rows whose key is less than the cursor's; the first column alone leads into the index."""
    if len(cursor) != len(order):
        return rows
    rows = rows.filter(**{f"{order[0]}__lte": cursor[0]})
    if len(order) == 1:
        return rows.exclude(**{order[0]: cursor[0]})
    return rows.exclude(**{order[0]: cursor[0], f"{order[1]}__gte": cursor[1]})


def _not_beyond(rows: QuerySet[Any], order: Sequence[str], key: Sequence[UUID]) -> QuerySet[Any]:
    rows = rows.filter(**{f"{order[0]}__gte": key[0]})
    if len(order) == 1:
        return rows
    return rows.filter(Q(**{f"{order[0]}__gt": key[0]}) | Q(**{f"{order[1]}__gte": key[1]}))


def _cursor(key: Iterable[UUID]) -> str:
    return "~".join(str(part) for part in key)


def _query(request: HttpRequest, **changes: str) -> str:
    query = {name: value for name, value in {**request.GET.dict(), **changes}.items() if value}
    return f"?{urlencode(query)}"
