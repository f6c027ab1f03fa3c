"""Audits that beat or an operator started, kept to show since when the books have been right."""

from django.db import models
from django.db.models import F, Q


class AuditRun(models.Model):
    """`findings`: for each invariant its name, its sentence, how many rows break it, and some of them."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    invariants = models.IntegerField()
    violations = models.BigIntegerField()
    findings = models.JSONField()

    class Meta:
        db_table = "audit_run"
        constraints = [
            models.CheckConstraint(
                name="audit_run_ends_after_its_start", condition=Q(finished_at__gte=F("started_at"))
            ),
            models.CheckConstraint(name="audit_run_counts", condition=Q(violations__gte=0, invariants__gt=0)),
        ]

    def __str__(self) -> str:
        return f"audit of {self.started_at:%Y-%m-%d %H:%M} UTC"
