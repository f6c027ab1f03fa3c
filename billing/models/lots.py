"""Credit lots: what of each top-up or grant is left. Their remainders add up to the balance."""

from django.db import models
from django.db.models import F, Q


class LotKind(models.TextChoices):
    PROMOTIONAL = "promotional"
    BOUGHT = "bought"


class CreditLot(models.Model):
    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=LotKind.choices)
    amount_nanos = models.BigIntegerField()
    remaining_nanos = models.BigIntegerField()
    # What the indexes ask for: it changes once in a lot's life, so that a debit leaves them alone.
    has_credit = models.GeneratedField(
        expression=Q(remaining_nanos__gt=0),  # type: ignore[arg-type] # The stubs leave Q out.
        output_field=models.BooleanField(),
        db_persist=True,
    )
    expires_at = models.DateTimeField(null=True)
    ledger_transaction_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "credit_lot"
        constraints = [
            models.CheckConstraint(name="credit_lot_kind_known", condition=Q(kind__in=LotKind.values)),
            models.CheckConstraint(
                name="credit_lot_remaining_within_amount",
                condition=Q(remaining_nanos__gte=0) & Q(remaining_nanos__lte=F("amount_nanos")),
            ),
            models.CheckConstraint(name="credit_lot_amount_positive", condition=Q(amount_nanos__gt=0)),
        ]
        indexes = [
            models.Index(name="credit_lot_with_credit", fields=["customer"], condition=Q(has_credit=True)),
            models.Index(
                name="credit_lot_expiring",
                fields=["expires_at"],
                condition=Q(has_credit=True, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} lot {self.id}"


class LotMovement(models.Model):
    """What one ledger transaction took from a lot (negative) or gave to it (positive)."""

    pk = models.CompositePrimaryKey("customer_id", "lot_id", "ledger_transaction_id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    lot_id = models.UUIDField()
    ledger_transaction_id = models.UUIDField()
    amount_nanos = models.BigIntegerField()

    class Meta:
        db_table = "lot_movement"
        constraints = [
            models.CheckConstraint(name="lot_movement_moves", condition=~Q(amount_nanos=0)),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id}: {self.amount_nanos}"
