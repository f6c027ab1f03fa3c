"""Saved cards, and top-ups that happen by themselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Payer(models.Model):
    """Stripe's id of a customer, made once."""

    customer = models.OneToOneField(
        "accounts.Customer", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    payer_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payer"

    def __str__(self) -> str:
        return self.payer_id


class SavedCard(models.Model):
    """A card that the customer agreed to be charged with later; Stripe keeps the card, we keep its id."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    card_id = models.CharField(max_length=255)
    brand = models.CharField(max_length=30)
    last4 = models.CharField(max_length=4)
    expires_month = models.SmallIntegerField()
    expires_year = models.SmallIntegerField()
    saved_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "saved_card"
        constraints = [
            models.UniqueConstraint(name="saved_card_once", fields=["customer", "card_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"


class AutoTopUp(models.Model):
    """Charge the saved card with `amount_minor` when less than `threshold_nanos` is available; opt-in.

    Suspended after a refusal until the card changes or the customer confirms; `monthly_cap_minor` bounds what
    a UTC month may charge.
    """

    customer = models.OneToOneField(
        "accounts.Customer", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    enabled = models.BooleanField(default=False)
    threshold_nanos = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    monthly_cap_minor = models.BigIntegerField()
    saved_card_id = models.UUIDField()
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    suspended_at = models.DateTimeField(null=True)
    suspended_reason = models.CharField(max_length=50, blank=True, default="")
    next_check_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "auto_top_up"
        constraints = [
            models.CheckConstraint(
                name="auto_top_up_amounts_in_range",
                condition=Q(threshold_nanos__gte=0, amount_minor__gt=0)
                & Q(monthly_cap_minor__gte=models.F("amount_minor")),
            ),
            models.CheckConstraint(
                name="auto_top_up_suspended_with_reason",
                condition=Q(suspended_at__isnull=True, suspended_reason="")
                | (Q(suspended_at__isnull=False) & ~Q(suspended_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                name="auto_top_up_on",
                fields=["customer"],
                condition=Q(enabled=True, suspended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"automatic top-up of {self.customer_id}"
