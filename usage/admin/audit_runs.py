"""Runs of the audit, and starting one."""

import json

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import Action
from accounts.operators import acting
from accounts.operators.audited import ReadOnlyAdmin
from accounts.operators.links import address
from accounts.services import operator_log
from billing import wake
from billing.operators.records import require
from usage.models import AuditRun

MAY_START = "usage.view_auditrun"


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Reading tells whether the books are right; starting a run reads all of them, and changes nothing."""

    list_display = ("started_at", "took", "result", "invariants", "violations")
    ordering = ("-id",)
    fields = ("started_at", "finished_at", "result", "found")
    change_list_template = "operators/audit_runs.html"

    def get_urls(self) -> list[URLPattern]:
        start = self.admin_site.admin_view(self.start_view)
        return [path("start/", start, name="usage_auditrun_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        require(request, MAY_START)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            operator_log.record(by=acting.operator_of(request), action=Action.AUDIT, now=timezone.now())
        wake.wake("usage.tasks.audit_books")
        messages.success(request, "An audit is queued; it stands here when it has read all of the books.")
        return HttpResponseRedirect(address("usage_auditrun_changelist"))

    @admin.display(description="took, seconds")
    def took(self, run: AuditRun) -> str:
        return f"{(run.finished_at - run.started_at).total_seconds():.1f}"

    @admin.display(description="the books")
    def result(self, run: AuditRun) -> SafeString:
        told, kind = ("are wrong", "bad") if run.violations else ("are right", "good")
        return format_html('<span class="{}">{}</span>', kind, told)

    @admin.display(description="invariants")
    def found(self, run: AuditRun) -> SafeString:
        """The broken ones first, with some of the rows that break them."""
        findings = sorted(run.findings, key=lambda finding: not finding["count"])
        return format_html(
            '<table class="records">{}</table>', format_html_join("", ROW, map(_row, findings))
        )


ROW = '<tr><td class="{}">{}</td><td>{}</td><td>{}{}</td></tr>'


def _row(finding: dict[str, object]) -> tuple[object, ...]:
    count, samples = finding["count"], finding["samples"]
    shown = json.dumps(samples, indent=1, ensure_ascii=False) if samples else ""
    lines = format_html('<pre class="detail">{}</pre>', shown) if shown else ""
    return "bad" if count else "good", count or "holds", finding["name"], finding["sentence"], lines
