"""Customers' API keys."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7

from accounts.models.credentials import Credential
from accounts.models.customers import Customer
from accounts.models.users import User


class LimitPeriod(models.TextChoices):
    """What a spending limit counts in; days are UTC, weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


class ApiKey(Credential):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The unique constraint below leads with the customer and serves as its index.
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="api_keys", db_index=False)
    name = models.CharField(max_length=100)
    allowed_models = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="Slugs; empty allows every model.",
    )
    limit_nanos = models.BigIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    limit_period = models.CharField(max_length=5, choices=LimitPeriod.choices, null=True, blank=True)
    rotated_from = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="rotated_to"
    )
    # Spending limits are the line's, so that a key cannot be rotated out of what it has spent.
    first_key = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="line",
        editable=False,
        db_index=False,
        help_text="The first of the keys that were rotated into this one; itself where none was.",
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(Credential.Meta):
        abstract = False
        db_table = "api_key"
        verbose_name = "API key"
        ordering = ["-id"]
        constraints = [
            *Credential.Meta.constraints,
            # Lets money tables refer to a key together with the customer who owns it.
            models.UniqueConstraint(fields=["customer", "id"], name="apikey_customer_id_key"),
            models.CheckConstraint(condition=~models.Q(name=""), name="apikey_has_name"),
            models.CheckConstraint(
                condition=models.Q(limit_nanos__isnull=True, limit_period__isnull=True)
                | models.Q(
                    limit_nanos__isnull=False,
                    limit_nanos__gte=0,
                    limit_period__isnull=False,
                    limit_period__in=LimitPeriod.values,
                ),
                name="apikey_limit_has_amount_and_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"
