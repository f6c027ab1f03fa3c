"""Gateways, which relay requests, and the service tokens they call us with."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from accounts.models.credentials import Credential


class Gateway(models.Model):
    name = models.CharField(
        max_length=50,
        validators=[
            RegexValidator(r"\A[a-z0-9][a-z0-9._-]*\Z", "Lower-case letters, digits, dot, dash, underscore.")
        ],
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "gateway"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="gateway_name_key"),
            models.CheckConstraint(condition=~models.Q(name=""), name="gateway_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceToken(Credential):
    class Scope(models.TextChoices):
        HOLDS = "holds"
        USAGE = "usage"
        USAGE_UNHELD = "usage:unheld"
        KEYS_READ = "keys:read"

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="tokens")
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope.choices))

    class Meta(Credential.Meta):
        abstract = False
        db_table = "service_token"
        ordering = ["-id"]
        constraints = [
            *Credential.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(
                    scopes__len__gte=1, scopes__contained_by=["holds", "usage", "usage:unheld", "keys:read"]
                ),
                name="servicetoken_scopes_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway_id} ({self.masked})"
