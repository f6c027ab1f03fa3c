"""Charges: one for each request, insert-only, partitioned by month; and their daily totals."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from usage.models.events import Metered


class Charge(Metered):
    """A request rated and debited.

    The primary key makes a request charged once for life. `hold_amount_nanos` is what its hold had set
    aside, NULL where none was open. A correcting charge names what it `corrects`; its meters and amount are
    differences.
    """

    pk = models.CompositePrimaryKey("customer_id", "request_id")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.DO_NOTHING, related_name="+")
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.DO_NOTHING, related_name="+")
    gateway = models.ForeignKey("accounts.Gateway", on_delete=models.DO_NOTHING, related_name="+")
    language_model = models.ForeignKey("catalog.LanguageModel", on_delete=models.DO_NOTHING, related_name="+")
    price_version = models.ForeignKey("catalog.PriceVersion", on_delete=models.DO_NOTHING, related_name="+")
    amount_nanos = models.BigIntegerField()
    hold_amount_nanos = models.BigIntegerField(null=True)
    unpriced = ArrayField(models.TextField(), null=True)
    corrects = models.UUIDField(null=True)
    ledger_transaction_id = models.UUIDField()
    charged_at = models.DateTimeField()

    class Meta:
        db_table = "charge"

    def __str__(self) -> str:
        return f"charge of {self.request_id}"


class UsageDaily(models.Model):
    """Totals of charges by customer, key, model and UTC day of the request id; pages read these."""

    pk = models.CompositePrimaryKey("customer_id", "api_key_id", "language_model_id", "day_date")
    customer_id = models.UUIDField()
    api_key_id = models.UUIDField()
    language_model_id = models.BigIntegerField()
    day_date = models.DateField()
    requests = models.BigIntegerField()
    input = models.BigIntegerField()
    output = models.BigIntegerField()
    cache_read = models.BigIntegerField()
    cache_write_5m = models.BigIntegerField()
    cache_write_1h = models.BigIntegerField()
    web_search = models.BigIntegerField()
    amount_nanos = models.BigIntegerField()

    class Meta:
        db_table = "usage_daily"
        verbose_name_plural = "daily usage"

    def __str__(self) -> str:
        return f"{self.customer_id} {self.day_date}"
