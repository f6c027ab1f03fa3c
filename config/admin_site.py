"""The operators' site: Django's admin with our lists, a first page of its own, and sign-ins on record."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import Action, User
from accounts.operators import acting
from accounts.services import operator_log
from accounts.services.operator_log import Operator
from billing.api.problems import UNAVAILABLE
from billing.operators.records import Records
from config import attention


class OperatorSite(admin.AdminSite):
    site_header = site_title = "API Models billing"
    index_title = "Operators"
    site_url = None
    index_template = "operators/index.html"
    # Set by `config.admin`, when all apps have registered their pages.
    records: tuple[Records, ...] = ()
    pages: Callable[[Callable[..., Any]], list[URLPattern]]

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # It deletes in bulk, and not in one transaction with its record.
        self.disable_action("delete_selected")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        ours = [address for records in self.records for address in records.urls(self.admin_view)]
        return [*ours, *self.pages(self.admin_view), *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Say in words that the database is away or too slow: try again, or ask for less."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def patient(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            try:
                answer: HttpResponseBase = inner(request, *args, **options)
            except UNAVAILABLE:
                return render(request, "operators/busy.html", status=503)
            return answer

        return patient

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        now = timezone.now()
        shown = {
            "attention": attention.items(request.user, now=now),
            "last_audit": attention.last_audit(request.user, now=now),
            "actions": attention.latest_actions(request.user),
        }
        return super().index(request, {**shown, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Record who came in, and who tried to under an operator's name; other names fill no table."""
        with transaction.atomic():
            response = super().login(request, extra_context)
            if request.method == "POST" and request.user.is_authenticated and response.status_code == 302:
                self._record(request, Action.SIGN_IN)
            elif request.method == "POST":
                _record_failure(request)
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        with transaction.atomic():
            if request.method == "POST" and request.user.is_authenticated:
                self._record(request, Action.SIGN_OUT)
            return super().logout(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == 302:
                self._record(request, Action.CHANGE_PASSWORD)
        return response

    def _record(self, request: HttpRequest, action: Action) -> None:
        assert isinstance(request.user, User)
        acting.record(request, action, request.user, now=timezone.now())

    def _build_app_dict(self, request: HttpRequest, label: Any = None) -> dict[str, Any]:
        """Django's index of models, with our lists in it."""
        apps: dict[str, Any] = super()._build_app_dict(request, label)
        for records in self.records:
            options = records.model._meta  # noqa: SLF001 (Django documents it)
            if label in (None, options.app_label) and request.user.has_perm(records.permission()):
                app = apps.setdefault(options.app_label, _empty(options))
                app["models"].append(_line(records))
        return apps


def _record_failure(request: HttpRequest) -> None:
    """The name only where an operator has it: people type passwords into the wrong field."""
    email = request.POST.get("username", "").strip().lower().replace("\x00", "")
    tried = User.objects.filter(email=email, is_staff=True).first()
    if tried is None:
        return
    nobody = Operator("not signed in", ip=acting.ip_of(request), http_request_id=acting.http_request_id())
    operator_log.record(by=nobody, action=Action.SIGN_IN_FAILED, on=tried, now=timezone.now())


def _empty(options: Any) -> dict[str, Any]:
    return {
        "name": options.app_config.verbose_name,
        "app_label": options.app_label,
        "app_url": reverse("admin:app_list", kwargs={"app_label": options.app_label}),
        "has_module_perms": True,
        "models": [],
    }


def _line(records: Records) -> dict[str, Any]:
    options = records.model._meta  # noqa: SLF001 (Django documents it)
    return {
        "model": records.model,
        "name": capfirst(options.verbose_name_plural),
        "object_name": options.object_name,
        "perms": {"add": False, "change": False, "delete": False, "view": True},
        "admin_url": reverse(f"admin:{records.name()}_changelist"),
        "add_url": None,
        "view_only": True,
    }
