"""What operators set for top-ups: exchange rates and bonuses. Append-only: the newest in force counts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class ExchangeRate(models.Model):
    """How many CNY, times 10^6, a US dollar of credit costs from `effective_at` on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cny_per_usd_micros = models.BigIntegerField()
    effective_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_rate"
        permissions = [("set_offers", "Can set exchange rates and bonuses")]
        constraints = [
            # A mistyped rate by a factor of ten is no rate.
            models.CheckConstraint(
                name="exchange_rate_in_range", condition=Q(cny_per_usd_micros__range=(3_000_000, 20_000_000))
            ),
            models.CheckConstraint(name="exchange_rate_has_reason", condition=~Q(reason="")),
        ]
        indexes = [models.Index(name="exchange_rate_newest", fields=["-effective_at", "-id"])]

    def __str__(self) -> str:
        return f"{self.cny_per_usd_micros} CNY per USD, times 10^6"


class BonusPlan(models.Model):
    """The tiers from `effective_at` on: `[{"from_nanos": …, "bonus_ppm": …}, …]`, ascending; may be empty."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tiers = models.JSONField(default=list)
    expires_days = models.IntegerField(null=True, help_text="How long a bonus is good for; empty: for ever.")
    effective_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = "bonus_plan"
        constraints = [
            models.CheckConstraint(name="bonus_plan_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="bonus_plan_expires_later",
                condition=Q(expires_days__isnull=True) | Q(expires_days__gt=0),
            ),
        ]
        indexes = [models.Index(name="bonus_plan_newest", fields=["-effective_at", "-id"])]

    def __str__(self) -> str:
        return f"{len(self.tiers)} tiers"
