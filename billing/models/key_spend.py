"""What a limited key has spent and set aside in its current period: one row for a line of rotated keys."""

from django.db import models
from django.db.models import Q


class KeySpend(models.Model):
    """Amounts in nanos; `api_key` is the first key of its line, whose keys count together.

    `spent_nanos` is the sum of the line's daily totals since `period_start`; corrections of earlier usage may
    make it negative, which gives no more room than nothing spent. `held_nanos` is the sum of the open holds
    that were counted in the period. All of it changes only under the wallet's lock.
    """

    pk = models.CompositePrimaryKey("customer_id", "api_key_id")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.DO_NOTHING, related_name="+")
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.DO_NOTHING, related_name="+")
    period_start = models.DateField()
    spent_nanos = models.BigIntegerField()
    held_nanos = models.BigIntegerField()
    cut_off_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "key_spend"
        verbose_name_plural = "key spend"
        constraints = [
            models.CheckConstraint(name="key_spend_held_not_negative", condition=Q(held_nanos__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.api_key_id} since {self.period_start}"
