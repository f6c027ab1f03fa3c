"""Credit set aside for a running request. The table is partitioned by month of the request id."""

from django.db import models


class HoldState(models.TextChoices):
    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"
    REFUSED = "refused"


class Hold(models.Model):
    """A refused hold keeps what it was refused for, so that the same request id gets the same answer again.

    `amount_nanos` is what is set aside, or what would have been; `available_nanos` what was free then.
    `key_period_start` is the period of the key's limit that it counts in, NULL where the key has none;
    `resumes_at` is when the period turns whose limit refused it.
    """

    pk = models.CompositePrimaryKey("customer_id", "request_id")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.DO_NOTHING, related_name="+")
    request_id = models.UUIDField()
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.DO_NOTHING, related_name="+")
    gateway = models.ForeignKey("accounts.Gateway", on_delete=models.DO_NOTHING, related_name="+")
    language_model = models.ForeignKey("catalog.LanguageModel", on_delete=models.DO_NOTHING, related_name="+")
    price_version = models.ForeignKey("catalog.PriceVersion", on_delete=models.DO_NOTHING, related_name="+")
    state = models.TextField(choices=HoldState.choices)
    refusal = models.TextField(null=True)
    amount_nanos = models.BigIntegerField()
    available_nanos = models.BigIntegerField()
    bound_input = models.IntegerField()
    bound_output = models.IntegerField()
    bound_web_search = models.IntegerField()
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(null=True)
    key_period_start = models.DateField(null=True)
    resumes_at = models.DateTimeField(null=True)
    fingerprint = models.BinaryField()

    class Meta:
        db_table = "hold"

    def __str__(self) -> str:
        return f"hold {self.request_id}"
