"""What providers told us, as they signed it: stored before it is answered, handled as often as it takes."""

from django.db import models
from django.db.models import Q

from billing.payments.names import ProviderName


class EventState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored", "about nothing of ours"
    QUARANTINED = "quarantined", "somebody has to look"


class ProviderEvent(models.Model):
    """`body` and `headers` are what was signed; they never change. "Seen" is the row, "done" is its state."""

    id = models.UUIDField(primary_key=True)
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    event_id = models.CharField(max_length=255)
    body_digest = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=100)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    object_id = models.CharField(max_length=255, blank=True, default="")
    payment_id = models.CharField(max_length=255, blank=True, default="")
    refunds = models.JSONField(default=list, help_text="References of refunds that it names.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=11, choices=EventState.choices, default=EventState.WAITING)
    code = models.CharField(max_length=50, blank=True, default="")
    detail = models.CharField(max_length=500, blank=True, default="")
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "provider_event"
        constraints = [
            models.UniqueConstraint(
                name="provider_event_once", fields=["provider", "event_id", "body_digest"]
            ),
            models.CheckConstraint(
                name="provider_event_provider_known", condition=Q(provider__in=ProviderName.values)
            ),
            models.CheckConstraint(
                name="provider_event_state_known", condition=Q(state__in=EventState.values)
            ),
            models.CheckConstraint(
                name="provider_event_waits_or_has_ended",
                condition=Q(state="waiting", next_try_at__isnull=False, ended_at__isnull=True)
                | (~Q(state="waiting") & Q(next_try_at__isnull=True, ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="provider_event_quarantined_with_code", condition=~Q(state="quarantined") | ~Q(code="")
            ),
        ]
        indexes = [
            models.Index(name="provider_event_waiting", fields=["next_try_at"], condition=Q(state="waiting")),
            models.Index(
                name="provider_event_quarantine", fields=["received_at"], condition=Q(state="quarantined")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.event_id}"
