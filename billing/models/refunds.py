"""Money back: refunds, by us or found at the provider, and disputes, by a bank."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class RefundState(models.TextChoices):
    REQUESTED = "requested", "debited, not yet known to the provider"
    PENDING = "pending", "the provider is at work"
    SUCCEEDED = "succeeded"
    FAILED = "failed", "failed and reversed"


class RefundOrigin(models.TextChoices):
    OPERATOR = "operator"
    PROVIDER = "provider", "found at the provider"


class Refund(models.Model):
    """`amount_minor` of the top-up's currency goes back; `debit_nanos` left the wallet or became debt for it.

    `bonus_nanos` is the unspent bonus that lapsed with it. The money effects are the ledger transactions
    `refund:<id>` and, where it failed, `refund:<id>:reverse`.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    top_up_id = models.UUIDField()
    origin = models.CharField(max_length=8, choices=RefundOrigin.choices)
    state = models.CharField(max_length=9, choices=RefundState.choices)
    amount_minor = models.BigIntegerField()
    debit_nanos = models.BigIntegerField()
    bonus_nanos = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    provider_refund_id = models.CharField(max_length=255, blank=True, default="")
    ledger_transaction_id = models.UUIDField()
    reversal_id = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    checks = models.IntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "refund"
        permissions = [("give_refund", "Can refund top-ups")]
        constraints = [
            models.UniqueConstraint(
                name="refund_provider_id_once",
                fields=["customer", "provider_refund_id"],
                condition=~Q(provider_refund_id=""),
            ),
            models.CheckConstraint(
                name="refund_waits_or_has_ended",
                condition=Q(
                    state__in=["requested", "pending"], ended_at__isnull=True, next_check_at__isnull=False
                )
                | Q(state__in=["succeeded", "failed"], ended_at__isnull=False, next_check_at__isnull=True),
            ),
            models.CheckConstraint(name="refund_origin_known", condition=Q(origin__in=RefundOrigin.values)),
            models.CheckConstraint(name="refund_state_known", condition=Q(state__in=RefundState.values)),
            models.CheckConstraint(
                name="refund_amounts_in_range",
                condition=Q(amount_minor__gt=0, debit_nanos__gte=0, bonus_nanos__gte=0),
            ),
            models.CheckConstraint(name="refund_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="refund_reversed_where_failed",
                condition=Q(state="failed", reversal_id__isnull=False)
                | (~Q(state="failed") & Q(reversal_id__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="refund_of_top_up", fields=["customer", "top_up_id"]),
            models.Index(name="refund_newest", fields=["requested_at"]),
            models.Index(
                name="refund_to_check", fields=["next_check_at"], condition=Q(next_check_at__isnull=False)
            ),
            models.Index(name="refund_given", fields=["ended_at"], condition=Q(state="succeeded")),
        ]

    def __str__(self) -> str:
        return f"refund {self.id}"

    @property
    def reference(self) -> str:
        """What providers know this refund by."""
        return self.id.hex


class Dispute(models.Model):
    """A bank that wants a payment back. `status` is Stripe's word; its money is in the ledger."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    top_up_id = models.UUIDField()
    provider_dispute_id = models.CharField(max_length=255)
    status = models.CharField(max_length=50)
    reason = models.CharField(max_length=100, blank=True, default="")
    amount_minor = models.BigIntegerField()
    taken_minor = models.BigIntegerField(default=0, help_text="Withdrawn and not reinstated.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dispute"
        constraints = [
            models.UniqueConstraint(name="dispute_once", fields=["customer", "provider_dispute_id"]),
            models.CheckConstraint(
                name="dispute_amounts_in_range", condition=Q(amount_minor__gte=0, taken_minor__gte=0)
            ),
        ]
        indexes = [models.Index(name="dispute_of_top_up", fields=["customer", "top_up_id"])]

    def __str__(self) -> str:
        return f"dispute {self.provider_dispute_id}"
