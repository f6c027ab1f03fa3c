"""The journal: append-only transactions, their transfers, and debts with their causes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class LedgerAccount(models.IntegerChoices):
    """The chart of accounts; the hundreds digit is the currency, so that a CHECK keeps transfers in one.

    `WALLET` and `DEBT` stand for `wallet:<customer>` and `debt:<customer>` of the row's customer.
    """

    WALLET = 101, "wallet"
    DEBT = 102, "debt"
    CLEARING_STRIPE = 111, "clearing:stripe"
    BANK_STRIPE = 112, "bank:stripe"
    EXCHANGE_USD = 121, "exchange:usd"
    REVENUE_USAGE = 131, "revenue:usage"
    REVENUE_EXPIRED_CREDIT = 132, "revenue:expired_credit"
    EXPENSE_PROMOTION = 141, "expense:promotion"
    EXPENSE_PAYMENT_FEE = 142, "expense:payment_fee"
    EXPENSE_DISPUTE_FEE = 143, "expense:dispute_fee"
    EQUITY_ADJUSTMENT = 151, "equity:adjustment"
    CLEARING_ALIPAY_CNY = 211, "clearing:alipay"
    BANK_ALIPAY_CNY = 212, "bank:alipay"
    EXCHANGE_CNY = 221, "exchange:cny"
    EXPENSE_PAYMENT_FEE_CNY = 242, "expense:payment_fee (CNY)"


class TransactionKind(models.TextChoices):
    USAGE = "usage"
    CORRECTION = "correction"
    GRANT = "grant"
    ADJUSTMENT = "adjustment"
    EXPIRY = "expiry"
    DEBT_REPAYMENT = "debt_repayment"
    TOP_UP = "top_up"
    REFUND = "refund"
    REFUND_REVERSAL = "refund_reversal"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    PAYMENT_FEE = "payment_fee"
    PAYOUT = "payout"


class LedgerTransaction(models.Model):
    """One business effect; `effect_key` names one that comes from outside, so that it posts once for life."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=TransactionKind.choices)
    effect_key = models.CharField(max_length=200, null=True)
    reason = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    posted_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_transaction"
        constraints = [
            models.UniqueConstraint(
                name="ledger_transaction_effect_once",
                fields=["customer", "effect_key"],
                condition=Q(effect_key__isnull=False),
            ),
            models.CheckConstraint(
                name="ledger_transaction_kind_known", condition=Q(kind__in=TransactionKind.values)
            ),
            models.CheckConstraint(
                name="ledger_transaction_by_hand_has_reason",
                condition=~Q(kind__in=["grant", "adjustment"]) | ~Q(reason=""),
            ),
        ]
        indexes = [
            # A correction's reason names the transaction whose charge it corrects.
            models.Index(
                name="ledger_transaction_corrections",
                fields=["customer", "reason"],
                condition=Q(kind="correction"),
            ),
            # The few that a provider's own books name by their balance transaction.
            models.Index(
                name="ledger_transaction_disputes",
                fields=["effect_key"],
                condition=Q(kind__in=["dispute", "dispute_reversal"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Transfer(models.Model):
    """One movement of `amount_nanos` from a debited to a credited account of one currency.

    `wallet_seq` and `balance_after_nanos` are set exactly where one side is the customer's wallet.
    """

    pk = models.CompositePrimaryKey("customer_id", "ledger_transaction_id", "position")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    ledger_transaction_id = models.UUIDField()
    position = models.SmallIntegerField()
    debit_account = models.SmallIntegerField(choices=LedgerAccount.choices)
    credit_account = models.SmallIntegerField(choices=LedgerAccount.choices)
    amount_nanos = models.BigIntegerField()
    wallet_seq = models.BigIntegerField(null=True)
    balance_after_nanos = models.BigIntegerField(null=True)

    class Meta:
        db_table = "transfer"
        constraints = [
            models.UniqueConstraint(name="transfer_wallet_seq_once", fields=["customer", "wallet_seq"]),
            models.CheckConstraint(name="transfer_amount_positive", condition=Q(amount_nanos__gt=0)),
            models.CheckConstraint(
                name="transfer_accounts_known",
                condition=Q(debit_account__in=LedgerAccount.values)
                & Q(credit_account__in=LedgerAccount.values),
            ),
            models.CheckConstraint(
                name="transfer_between_two_accounts_of_one_currency",
                condition=~Q(debit_account=F("credit_account"))
                & (
                    Q(debit_account__range=(100, 199), credit_account__range=(100, 199))
                    | Q(debit_account__range=(200, 299), credit_account__range=(200, 299))
                ),
            ),
            models.CheckConstraint(
                name="transfer_on_wallet_is_chained",
                condition=(
                    (Q(debit_account=LedgerAccount.WALLET) | Q(credit_account=LedgerAccount.WALLET))
                    & Q(wallet_seq__isnull=False, balance_after_nanos__isnull=False)
                    & Q(wallet_seq__gt=0, balance_after_nanos__gte=0)
                )
                | (
                    ~Q(debit_account=LedgerAccount.WALLET)
                    & ~Q(credit_account=LedgerAccount.WALLET)
                    & Q(wallet_seq__isnull=True, balance_after_nanos__isnull=True)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ledger_transaction_id}/{self.position}"


class DebtCause(models.TextChoices):
    ABOVE_BOUNDS = "above_bounds", "usage above the bounds of its hold"
    HOLD_ENDED = "hold_ended", "usage reported after its hold ended"
    NO_HOLD = "no_hold", "usage without a hold"
    CORRECTION = "correction", "usage that better evidence or a late price added"
    BANK = "bank", "money taken back by a bank"


class Debt(models.Model):
    """What a customer came to owe, and why; repayments are transfers from wallet to debt."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    ledger_transaction_id = models.UUIDField()
    amount_nanos = models.BigIntegerField()
    cause = models.CharField(max_length=20, choices=DebtCause.choices)
    gateway = models.ForeignKey(
        "accounts.Gateway", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    request_id = models.UUIDField(null=True)
    incurred_at = models.DateTimeField()

    class Meta:
        db_table = "debt"
        constraints = [
            models.CheckConstraint(name="debt_amount_positive", condition=Q(amount_nanos__gt=0)),
            models.CheckConstraint(name="debt_cause_known", condition=Q(cause__in=DebtCause.values)),
            models.CheckConstraint(
                name="debt_of_usage_names_gateway_and_request",
                condition=Q(cause=DebtCause.BANK) | Q(gateway__isnull=False, request_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.id}"
