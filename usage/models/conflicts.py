"""Other bodies under request ids that were reported before, and what became of each."""

from django.db import models
from django.db.models import Q

from usage.models.events import Evidence, Metered, Outcome


class Verdict(models.TextChoices):
    CORRECTED = "corrected", "better evidence: a correcting charge holds the difference"
    CONFIRMED = "confirmed", "better evidence of the same usage"
    LEFT = "left", "the first stands; a person looks at it"


class UsageConflict(Metered):
    """Another body under a request id that was reported before; the first stands.

    Once the request is charged a conflict is judged, once: `verdict` is NULL until then. `payload` is what
    came in, for people; a correction reads the columns.
    """

    customer_id = models.UUIDField()
    api_key_id = models.UUIDField()
    gateway_id = models.BigIntegerField()
    language_model_id = models.BigIntegerField()
    payload = models.JSONField()
    verdict = models.TextField(choices=Verdict.choices, null=True)
    judged_at = models.DateTimeField(null=True)
    corrected_by = models.UUIDField(null=True)

    class Meta:
        db_table = "usage_conflict"
        constraints = [
            models.UniqueConstraint(
                name="usage_conflict_once", fields=["customer_id", "request_id", "fingerprint", "gateway_id"]
            ),
            models.UniqueConstraint(
                name="usage_conflict_answers_once",
                fields=["customer_id", "request_id"],
                condition=Q(verdict__in=["corrected", "confirmed"]),
            ),
            models.CheckConstraint(
                name="usage_conflict_outcome_known", condition=Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="usage_conflict_evidence_known", condition=Q(evidence__in=Evidence.values)
            ),
            models.CheckConstraint(
                name="usage_conflict_judged_with_verdict",
                condition=Q(verdict__isnull=True, judged_at__isnull=True)
                | Q(verdict__isnull=False, verdict__in=Verdict.values, judged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="usage_conflict_corrected_by_charge",
                condition=Q(verdict__isnull=False, verdict="corrected", corrected_by__isnull=False)
                | (Q(corrected_by__isnull=True) & (Q(verdict__isnull=True) | ~Q(verdict="corrected"))),
            ),
        ]
        indexes = [
            models.Index(name="usage_conflict_to_judge", fields=["id"], condition=Q(verdict__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"conflict on {self.request_id}"
