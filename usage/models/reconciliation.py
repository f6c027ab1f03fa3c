"""Runs of the reconciliation of usage, and the discrepancies that they found."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class DiscrepancyKind(models.TextChoices):
    """What gateways and books do not agree on; each row names one request, conflict or quarantined event."""

    HOLD_WITHOUT_USAGE = "hold_without_usage", "a hold expired and no usage came: served, unbilled?"
    USAGE_WITHOUT_HOLD = "usage_without_hold", "usage was charged that no open hold covered"
    ABOVE_BOUNDS = "above_bounds", "usage above the bounds that the gateway gave"
    REPORTED_COST_DIFFERS = "reported_cost_differs", "the gateway's cost is not the formula's"
    CHARGE_DIFFERS = "charge_differs", "what was charged is not the formula's"
    METER_NOT_PRICED = "meter_not_priced", "a used meter has no price"
    CONFLICT = "conflict", "another body under a request id that was reported before"
    QUARANTINED = "quarantined", "an event that could not be charged"


class ReconciliationRun(models.Model):
    """One comparison of the requests whose ids' times lie in [`from_at`, `until_at`).

    `found` counts discrepancies by kind, answered ones too; `finished_at` is NULL where a run was cut short.
    """

    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    found = models.JSONField(default=dict)

    class Meta:
        db_table = "reconciliation_run"
        indexes = [models.Index(name="reconciliation_run_by_end", fields=["until_at"])]

    def __str__(self) -> str:
        return f"reconciliation {self.id}"


class Discrepancy(models.Model):
    """Open until somebody answers for it, or until a run finds that it is gone.

    `subject_id` is the id of the conflict or the quarantined event, 0 elsewhere. `amount_nanos` is what is in
    question, NULL where nobody can say. `resolved_by` is NULL where it went away by itself; then it opens
    again should it come back.
    """

    kind = models.CharField(max_length=30, choices=DiscrepancyKind.choices)
    customer_id = models.UUIDField(null=True)
    request_id = models.UUIDField()
    subject_id = models.BigIntegerField(default=0)
    gateway_id = models.BigIntegerField()
    language_model_id = models.BigIntegerField(null=True)
    amount_nanos = models.BigIntegerField(null=True)
    found_in = models.ForeignKey(
        ReconciliationRun, on_delete=models.PROTECT, related_name="discrepancies", db_index=False
    )
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    resolution = models.TextField(blank=True, default="")

    class Meta:
        db_table = "discrepancy"
        verbose_name_plural = "discrepancies"
        constraints = [
            models.UniqueConstraint(
                name="discrepancy_once",
                fields=["kind", "customer_id", "request_id", "subject_id"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="discrepancy_kind_known", condition=Q(kind__in=DiscrepancyKind.values)
            ),
            models.CheckConstraint(
                name="discrepancy_answered_with_reason",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_open", fields=["kind", "id"], condition=Q(resolved_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.request_id}"
