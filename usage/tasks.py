"""Celery tasks of the usage app: each is idempotent and drains what the database says is waiting."""

import structlog
from celery import shared_task
from django.utils import timezone

from billing import wake
from usage.audit import run
from usage.services.settlement import drain

log = structlog.get_logger()


@shared_task(name="usage.tasks.settle")
def settle() -> None:
    wake.answered("usage.tasks.settle")
    if drain.settle_all(now=timezone.now()).keys_changed:
        wake.wake("billing.tasks.publish_key_states")


@shared_task(name="usage.tasks.audit_books")
def audit_books() -> None:
    """Audit the books; what is broken is logged as an error, with how many rows break each invariant."""
    findings = run.audit(now=timezone.now())
    broken = {finding.invariant.name: finding.count for finding in findings if finding.count}
    if broken:
        log.error("the books are wrong: run `manage.py audit`", broken=broken)
    else:
        log.info("the books are right", invariants=len(findings))
