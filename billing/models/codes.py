"""Credit that is given for a code or for a welcome."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7


class RedemptionCode(models.Model):
    """A code is known by its digest; `hint` are its last characters. `uses` is claimed in one statement."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=4)
    credit_nanos = models.BigIntegerField()
    credit_expires_days = models.IntegerField(null=True, help_text="Empty: the credit does not expire.")
    most_uses = models.IntegerField(default=1)
    most_uses_per_customer = models.IntegerField(default=1)
    uses = models.IntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = "redemption_code"
        permissions = [("issue_codes", "Can issue redemption codes")]
        constraints = [
            models.CheckConstraint(
                name="redemption_code_uses_within_limit",
                condition=Q(
                    uses__gte=0, uses__lte=F("most_uses"), most_uses__gt=0, most_uses_per_customer__gt=0
                ),
            ),
            models.CheckConstraint(
                name="redemption_code_amount_in_range",
                condition=Q(credit_nanos__gt=0, credit_nanos__lte=1_000_000 * 10**9),
            ),
            models.CheckConstraint(name="redemption_code_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"code …{self.hint}"


class Redemption(models.Model):
    """One use of a code; `number` counts a customer's uses of it, from 1."""

    pk = models.CompositePrimaryKey("customer_id", "code_id", "number")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    code = models.ForeignKey(RedemptionCode, on_delete=models.PROTECT, related_name="redemptions")
    number = models.IntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ledger_transaction_id = models.UUIDField()
    redeemed_at = models.DateTimeField()

    class Meta:
        db_table = "redemption"
        constraints = [models.CheckConstraint(name="redemption_number_positive", condition=Q(number__gt=0))]

    def __str__(self) -> str:
        return f"{self.code_id} by {self.customer_id}"


class WelcomeGrant(models.Model):
    """Who was given a welcome: `person` is a digest of the mailbox behind an e-mail address, for life."""

    person = models.BinaryField(primary_key=True, max_length=32)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount_nanos = models.BigIntegerField()
    granted_at = models.DateTimeField()

    class Meta:
        db_table = "welcome_grant"
        constraints = [
            models.CheckConstraint(name="welcome_grant_amount_positive", condition=Q(amount_nanos__gt=0)),
            models.UniqueConstraint(name="welcome_grant_once_per_customer", fields=["customer"]),
            models.UniqueConstraint(name="welcome_grant_once_per_user", fields=["user"]),
        ]

    def __str__(self) -> str:
        return f"welcome of {self.user_id}"
