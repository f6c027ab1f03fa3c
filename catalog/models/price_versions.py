"""Price versions and their rates: immutable, guarded by grants and triggers of migration 0002."""

from django.db import models

from catalog.models.language_models import LanguageModel
from catalog.price_sets import MAX_PICOS
from catalog.rating import METERS


class PriceVersion(models.Model):
    """The prices of one model from `effective_at` until its next version takes effect."""

    model = models.ForeignKey(LanguageModel, models.PROTECT, related_name="price_versions", db_index=False)
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()
    source = models.CharField(max_length=300)
    official_as_of_date = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")
    # Lets the database refuse a rate that is added to a version after its own transaction.
    created_in = models.BigIntegerField(
        db_default=models.Func(function="txid_current", output_field=models.BigIntegerField()), editable=False
    )

    class Meta:
        db_table = "price_version"
        ordering = ["-effective_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "effective_at"], name="price_version_model_effective_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.effective_at:%Y-%m-%d %H:%M} UTC"


class Rate(models.Model):
    """The price of one meter in 10^-12 USD per unit, which is also 10^-6 USD per 1M units."""

    price_version = models.ForeignKey(PriceVersion, models.PROTECT, related_name="rates", db_index=False)
    meter = models.CharField(max_length=20)
    price_picos = models.BigIntegerField()
    official_picos = models.BigIntegerField(null=True)

    class Meta:
        db_table = "rate"
        constraints = [
            models.UniqueConstraint(fields=["price_version", "meter"], name="rate_version_meter_key"),
            models.CheckConstraint(condition=models.Q(meter__in=METERS), name="rate_meter_is_known"),
            models.CheckConstraint(
                condition=models.Q(price_picos__gte=1, price_picos__lte=MAX_PICOS),
                name="rate_price_is_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(official_picos__isnull=True)
                | models.Q(official_picos__gte=1, official_picos__lte=MAX_PICOS),
                name="rate_official_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter} {self.price_picos}"
