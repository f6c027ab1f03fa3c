"""Customers' API keys."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7

from accounts.models.credentials import Credential
from accounts.models.customers import Customer
from accounts.models.users import User


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
    rotated_from = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="rotated_to"
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
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"
