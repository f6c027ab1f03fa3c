"""The durable inbox of usage, and the two lists of events that a person looks at."""

from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    COMPLETED = "completed"
    CLIENT_GONE = "client_gone"
    UPSTREAM_ERROR = "upstream_error"
    TIMEOUT = "timeout"
    GATEWAY_LOST = "gateway_lost"


class Evidence(models.TextChoices):
    REPORTED = "reported"
    PARTIAL = "partial"
    ESTIMATED = "estimated"


class Metered(models.Model):
    """What a gateway reports about one request; NULL: the meter was not reported, which differs from 0."""

    request_id = models.UUIDField()
    input = models.IntegerField(null=True)
    output = models.IntegerField(null=True)
    cache_read = models.IntegerField(null=True)
    cache_write_5m = models.IntegerField(null=True)
    cache_write_1h = models.IntegerField(null=True)
    web_search = models.IntegerField(null=True)
    outcome = models.TextField(choices=Outcome.choices)
    evidence = models.TextField(choices=Evidence.choices)
    reported_cost_nanos = models.BigIntegerField(null=True)
    upstream_request_id = models.TextField(null=True)
    first_byte_ms = models.IntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    fingerprint = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        abstract = True


class UsageEvent(Metered):
    """A queue: settlement claims rows, and deletes them in the transaction that charges them."""

    pk = models.CompositePrimaryKey("customer_id", "request_id")
    customer_id = models.UUIDField()
    api_key_id = models.UUIDField()
    gateway_id = models.BigIntegerField()
    language_model_id = models.BigIntegerField()

    class Meta:
        db_table = "usage_event"
        constraints = [
            models.CheckConstraint(name="usage_event_outcome_known", condition=Q(outcome__in=Outcome.values)),
            models.CheckConstraint(
                name="usage_event_evidence_known", condition=Q(evidence__in=Evidence.values)
            ),
        ]

    def __str__(self) -> str:
        return f"usage of {self.request_id}"


class QuarantinedEvent(models.Model):
    """An event that cannot be charged as it is: kept whole, listed, replayed once its cause is mended."""

    gateway_id = models.BigIntegerField()
    request_id = models.UUIDField()
    code = models.TextField()
    detail = models.TextField()
    payload = models.JSONField()
    fingerprint = models.BinaryField()
    may_be_unheld = models.BooleanField()
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True)

    class Meta:
        db_table = "quarantined_event"
        constraints = [
            models.UniqueConstraint(
                name="quarantined_event_once", fields=["request_id", "fingerprint", "gateway_id"]
            ),
        ]
        indexes = [
            models.Index(
                name="quarantined_event_open", fields=["received_at"], condition=Q(resolved_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.request_id}"
