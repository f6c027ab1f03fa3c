"""Changes of what keys may do: an outbox row in the changing transaction, then a positioned event."""

from django.db import models


class Outbox(models.Model):
    """One customer whose keys' states changed; they are read when they are published."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(
        "accounts.Customer",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    state_version = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "outbox"
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.customer_id} v{self.state_version}"


class KeyEvent(models.Model):
    """A key's state at `position`, in the order in which gateways read it; positions have no gaps."""

    position = models.BigIntegerField(primary_key=True)
    key_digest = models.BinaryField()
    state = models.JSONField()
    created_at = models.DateTimeField()
    cached_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "key_event"
        indexes = [
            models.Index(
                name="key_event_not_cached", fields=["position"], condition=models.Q(cached_at__isnull=True)
            ),
            models.Index(name="key_event_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"key event {self.position}"
