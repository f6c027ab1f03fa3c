"""Payments that an operator has to look at, whoever noticed: a webhook, the poller or a person."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from billing.payments.names import ProviderName


class PaymentAlert(models.Model):
    """What is wrong with a top-up's payment, once for each `code` and payment, until it is answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    top_up_id = models.UUIDField()
    payment_id = models.CharField(max_length=255, blank=True, default="")
    code = models.CharField(max_length=50)
    detail = models.CharField(max_length=500)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "payment_alert"
        constraints = [
            models.UniqueConstraint(
                name="payment_alert_once", fields=["customer", "top_up_id", "code", "payment_id"]
            ),
            models.CheckConstraint(name="payment_alert_says_what", condition=~Q(code="") & ~Q(detail="")),
            models.CheckConstraint(
                name="payment_alert_resolved_with_words",
                condition=Q(resolved_at__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
            ),
            models.CheckConstraint(
                name="payment_alert_provider_known", condition=Q(provider__in=ProviderName.values)
            ),
        ]
        indexes = [
            models.Index(
                name="payment_alert_open", fields=["found_at"], condition=Q(resolved_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.top_up_id}"
