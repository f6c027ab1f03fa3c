"""Celery tasks of the usage app: each is idempotent and drains what the database says is waiting."""

import time
from collections import Counter
from datetime import datetime

import structlog
from celery import shared_task
from django.utils import timezone

from billing import wake
from usage.audit import keep, run
from usage.services.corrections import evidence
from usage.services.reconciliation import report
from usage.services.reconciliation import run as reconciliation
from usage.services.settlement import drain

log = structlog.get_logger()

SETTLES_FOR_S = 0.2


@shared_task(name="usage.tasks.settle")
def settle() -> None:
    """Settle for a moment, then queue again behind what else waits, such as key states to be published.

    A batch whose wallets all stay locked is not the end of the inbox: other customers' events are behind it.
    """
    wake.answered("usage.tasks.settle")
    until = time.monotonic() + SETTLES_FOR_S
    while (done := drain.settle_next(now=timezone.now())).events or done.waiting:
        if done.keys_changed:
            wake.wake("billing.tasks.publish_key_states")
        if time.monotonic() > until:
            wake.wake("usage.tasks.settle")
            return
    _correct()


@shared_task(name="usage.tasks.correct_charges")
def correct_charges() -> None:
    """Judge conflicts whose requests are charged by now, also while settlement never comes to its end."""
    _correct()


@shared_task(name="usage.tasks.reconcile_usage")
def reconcile_usage() -> None:
    """Compare the requests since the last run; what is open is logged, for somebody to answer."""
    now = timezone.now()
    _reconcile(reconciliation.since_last_run(now=now), now=now)


@shared_task(name="usage.tasks.reconcile_window")
def reconcile_window() -> None:
    """Compare all requests for which usage may have come: some comes weeks after its request."""
    now = timezone.now()
    _reconcile(reconciliation.whole_window(now=now), now=now)


def _reconcile(period: reconciliation.Period, *, now: datetime) -> None:
    reconciliation.reconcile(period, now=now)
    is_open = Counter[str]()
    for group in report.open_groups():
        is_open[group.kind] += group.count
    if is_open:
        log.warning("discrepancies are open: run `manage.py reconcile_usage`", open=dict(is_open))


def _correct() -> None:
    if evidence.correct(now=timezone.now()).keys_changed:
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="usage.tasks.audit_books")
def audit_books() -> None:
    """Audit the books and keep the result; what is broken is logged as an error, with how many rows."""
    started_at = timezone.now()
    findings = run.audit(now=started_at)
    keep.keep(findings, started_at=started_at, finished_at=timezone.now())
    broken = {finding.invariant.name: finding.count for finding in findings if finding.count}
    if broken:
        log.error("the books are wrong: run `manage.py audit`", broken=broken)
    else:
        log.info("the books are right", invariants=len(findings))
