"""The providers' own books, line by line, and where they differ from ours."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from billing.payments.names import ProviderName
from billing.payments.protocol import LineKind


class ProviderLine(models.Model):
    """A line as the provider's books had it; amounts in its currency's minor unit."""

    pk = models.CompositePrimaryKey("provider", "line_id")
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    line_id = models.CharField(max_length=255)
    day_date = models.DateField()
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in LineKind])
    happened_at = models.DateTimeField()
    gross_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source_id = models.CharField(max_length=255, blank=True, default="")
    payment_id = models.CharField(max_length=255, blank=True, default="")
    reference = models.CharField(max_length=255, blank=True, default="")
    imported_at = models.DateTimeField()

    class Meta:
        db_table = "provider_line"
        constraints = [
            models.CheckConstraint(
                name="provider_line_known",
                condition=Q(provider__in=ProviderName.values, kind__in=[kind.value for kind in LineKind]),
            ),
        ]
        indexes = [models.Index(name="provider_line_of_day", fields=["provider", "day_date"])]

    def __str__(self) -> str:
        return f"{self.provider} {self.line_id}"


class PaymentReconciliation(models.Model):
    """One comparison of a provider's day with our books."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    day_date = models.DateField()
    finished_at = models.DateTimeField()
    matched = models.IntegerField()
    missing_here = models.IntegerField()
    missing_there = models.IntegerField()
    differing = models.IntegerField()
    open_minor = models.BigIntegerField(help_text="What has not cleared, in the provider's minor unit.")

    class Meta:
        db_table = "payment_reconciliation"
        indexes = [
            models.Index(
                name="payment_reconciliation_of_day", fields=["provider", "-day_date", "-finished_at"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.day_date}"


class PaymentDiscrepancy(models.Model):
    """A difference that somebody answers for; `key` names it over all runs."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", "in the provider's books only"
        MISSING_THERE = "missing_there", "in our books only"
        DIFFERING = "differing", "in both, with other amounts"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    day_date = models.DateField()
    kind = models.CharField(max_length=13, choices=Kind.choices)
    key = models.CharField(max_length=300, unique=True)
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    customer_id = models.UUIDField(null=True)
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payment_discrepancy"
        verbose_name_plural = "payment discrepancies"
        constraints = [
            models.CheckConstraint(
                name="payment_discrepancy_kind_known",
                condition=Q(kind__in=["missing_here", "missing_there", "differing"]),
            ),
            models.CheckConstraint(
                name="payment_discrepancy_answered_with_words",
                condition=Q(answered_at__isnull=True, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return self.key
