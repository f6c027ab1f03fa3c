"""Receipts and the details that stand on them."""

from django.db import models
from django.db.models import Q


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class BillingDetails(models.Model):
    """Who buys, as it stands on receipts, and where mails go; empty fields are left out."""

    customer = models.OneToOneField(
        "accounts.Customer", primary_key=True, on_delete=models.PROTECT, related_name="billing_details"
    )
    name = models.CharField(max_length=200, blank=True, default="")
    address = models.TextField(max_length=500, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    tax_id = models.CharField(max_length=50, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    language = models.CharField(max_length=7, choices=Language.choices, default=Language.ENGLISH)
    low_balance_nanos = models.BigIntegerField(null=True, help_text="Mail below it; empty: no such mail.")
    # The wallet's `last_seq` when it was first seen below: one mail for each time that it falls.
    low_since_seq = models.BigIntegerField(null=True, editable=False)

    class Meta:
        db_table = "billing_details"
        constraints = [
            models.CheckConstraint(
                name="billing_details_language_known", condition=Q(language__in=Language.values)
            ),
            models.CheckConstraint(
                name="billing_details_low_balance_in_range",
                condition=Q(low_balance_nanos__isnull=True) | Q(low_balance_nanos__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.customer_id)


class PaperKind(models.TextChoices):
    RECEIPT = "receipt"
    REFUND = "refund"


class Paper(models.Model):
    """A receipt of a top-up or of a refund: numbered without gaps in a year; `content` never changes."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    kind = models.CharField(max_length=7, choices=PaperKind.choices)
    year = models.SmallIntegerField()
    number = models.IntegerField()
    top_up_id = models.UUIDField()
    refund_id = models.UUIDField(null=True)
    content = models.JSONField()
    issued_at = models.DateTimeField()

    class Meta:
        db_table = "paper"
        constraints = [
            models.UniqueConstraint(name="paper_number_once", fields=["year", "number"]),
            models.UniqueConstraint(
                name="paper_once", fields=["customer", "top_up_id", "refund_id"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="paper_kind_fits",
                condition=Q(kind="receipt", refund_id__isnull=True)
                | Q(kind="refund", refund_id__isnull=False),
            ),
            models.CheckConstraint(name="paper_number_positive", condition=Q(number__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:06}"


class PaperCount(models.Model):
    """The last number of a year; its row lock makes the numbers gap-free."""

    year = models.SmallIntegerField(primary_key=True)
    last_number = models.IntegerField(default=0)

    class Meta:
        db_table = "paper_count"
        constraints = [
            models.CheckConstraint(name="paper_count_not_negative", condition=Q(last_number__gte=0))
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.last_number}"
