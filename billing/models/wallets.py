"""A customer's credit: the only stored balance, and the one row that every money transaction locks first."""

from django.db import models
from django.db.models import F, Q


class Wallet(models.Model):
    """All amounts are integers of 10^-9 of `currency`.

    `last_seq` numbers the transfers that touch the wallet, without gaps; `state_version` rises with every
    change of what a key of this customer may do. Both change only under the row's lock.
    """

    customer = models.OneToOneField(
        "accounts.Customer", primary_key=True, on_delete=models.PROTECT, related_name="wallet"
    )
    currency = models.CharField(max_length=3, default="USD")
    balance_nanos = models.BigIntegerField(default=0)
    held_nanos = models.BigIntegerField(default=0)
    debt_nanos = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    state_version = models.BigIntegerField(default=1)
    cut_off_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "wallet"
        permissions = [
            ("grant_credit", "Can give customers credit"),
            ("adjust_credit", "Can correct customers' credit"),
        ]
        constraints = [
            models.CheckConstraint(name="wallet_currency_known", condition=Q(currency="USD")),
            models.CheckConstraint(name="wallet_balance_not_negative", condition=Q(balance_nanos__gte=0)),
            models.CheckConstraint(
                name="wallet_held_within_balance",
                condition=Q(held_nanos__gte=0) & Q(held_nanos__lte=F("balance_nanos")),
            ),
            models.CheckConstraint(
                name="wallet_owes_only_without_free_credit",
                condition=Q(debt_nanos=0) | (Q(debt_nanos__gt=0) & Q(balance_nanos=F("held_nanos"))),
            ),
        ]
        indexes = [
            models.Index(name="wallet_cut_off", fields=["cut_off_at"], condition=Q(cut_off_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"wallet:{self.customer_id}"

    @property
    def available_nanos(self) -> int:
        return self.balance_nanos - self.held_nanos
