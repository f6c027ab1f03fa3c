"""What API keys and service tokens share: a secret that is known by its digest only."""

from datetime import datetime
from typing import Literal

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact
from django.utils import timezone

CredentialState = Literal["active", "revoked", "expired"]


class Credential(models.Model):
    digest = models.BinaryField(max_length=32, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    last4 = models.CharField("last four", max_length=4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="%(class)s_digest_key"),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("digest"), function="octet_length", output_field=models.IntegerField()), Value(32)
                ),
                name="%(class)s_digest_is_sha256",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("created_at")),
                name="%(class)s_expires_after_creation",
            ),
        ]

    @property
    def masked(self) -> str:
        """What people see in place of the secret."""
        return f"{self.prefix}…{self.last4}"

    def state_at(self, now: datetime) -> CredentialState:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"
