"""Credit that customers buy: a top-up is fixed before its provider hears of it, and is paid at most once."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.payments.names import Method, ProviderName


class TopUpState(models.TextChoices):
    CREATED = "created", "not yet known to the provider"
    OPEN = "open", "waits for the customer"
    PROCESSING = "processing", "the bank is at work"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired", "nobody paid in time"


class TopUpCause(models.TextChoices):
    CUSTOMER = "customer"
    AUTO = "auto", "automatic top-up"


# What the poller still asks about.
PENDING = (TopUpState.CREATED, TopUpState.OPEN, TopUpState.PROCESSING)


class TopUp(models.Model):
    """`amount_minor` (cents, fen) is paid, `credit_nanos` and `bonus_nanos` (USD) are credited for it.

    A top-up in CNY keeps the rate it was offered at. `object_id` and `payment_id` are the provider's. The
    terms never change, and a paid top-up stays paid: triggers.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    id = models.UUIDField()
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    method = models.CharField(max_length=10, choices=Method.choices)
    cause = models.CharField(max_length=8, choices=TopUpCause.choices)
    state = models.CharField(max_length=10, choices=TopUpState.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    cny_per_usd_micros = models.BigIntegerField(null=True)
    credit_nanos = models.BigIntegerField()
    bonus_nanos = models.BigIntegerField(default=0)
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    email = models.CharField(max_length=254)
    save_card = models.BooleanField(default=False)
    saved_card_id = models.UUIDField(null=True)
    object_id = models.CharField(max_length=255, blank=True, default="")
    payment_id = models.CharField(max_length=255, blank=True, default="")
    checkout_url = models.TextField(blank=True, default="")
    qr_code = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True)
    checks = models.IntegerField(default=0)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=500, blank=True, default="")
    ledger_transaction_id = models.UUIDField(null=True)
    lot_id = models.UUIDField(null=True)
    bonus_lot_id = models.UUIDField(null=True)
    refunded_minor = models.BigIntegerField(default=0)
    disputed_minor = models.BigIntegerField(default=0)
    fraud_warning = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        db_table = "top_up"
        permissions = [("check_payments", "Can ask providers about payments again")]
        constraints = [
            models.UniqueConstraint(
                name="top_up_idempotency_key_once", fields=["customer", "idempotency_key"]
            ),
            models.UniqueConstraint(
                name="top_up_one_auto_in_flight",
                fields=["customer"],
                condition=Q(cause="auto", state__in=PENDING),
            ),
            models.CheckConstraint(
                name="top_up_provider_known", condition=Q(provider__in=ProviderName.values)
            ),
            models.CheckConstraint(name="top_up_method_known", condition=Q(method__in=Method.values)),
            models.CheckConstraint(name="top_up_cause_known", condition=Q(cause__in=TopUpCause.values)),
            models.CheckConstraint(name="top_up_state_known", condition=Q(state__in=TopUpState.values)),
            models.CheckConstraint(
                name="top_up_amounts_in_range",
                condition=Q(amount_minor__gt=0, amount_minor__lte=100_000_000)
                & Q(credit_nanos__gt=0, credit_nanos__lte=1_000_000 * 10**9)
                & Q(bonus_nanos__gte=0, bonus_nanos__lte=F("credit_nanos")),
            ),
            models.CheckConstraint(
                name="top_up_currency_of_provider",
                condition=Q(provider="stripe", currency="USD", cny_per_usd_micros__isnull=True)
                | Q(
                    provider="alipay",
                    currency="CNY",
                    cny_per_usd_micros__isnull=False,
                    cny_per_usd_micros__gt=0,
                ),
            ),
            models.CheckConstraint(
                name="top_up_paid_is_credited",
                condition=Q(
                    state="paid",
                    paid_at__isnull=False,
                    ledger_transaction_id__isnull=False,
                    lot_id__isnull=False,
                )
                | (
                    ~Q(state="paid")
                    & Q(paid_at__isnull=True, ledger_transaction_id__isnull=True, lot_id__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="top_up_refunded_within_amount",
                condition=Q(
                    refunded_minor__gte=0, refunded_minor__lte=F("amount_minor"), disputed_minor__gte=0
                )
                & (Q(state="paid") | Q(refunded_minor=0, disputed_minor=0)),
            ),
        ]
        indexes = [
            models.Index(
                name="top_up_to_check", fields=["next_check_at"], condition=Q(next_check_at__isnull=False)
            ),
            models.Index(name="top_up_newest", fields=["customer", "-id"]),
            models.Index(name="top_up_paid_there", fields=["provider", "paid_at"], condition=Q(state="paid")),
            models.Index(name="top_up_paid", fields=["ended_at"], condition=Q(state="paid")),
        ]

    def __str__(self) -> str:
        return f"{self.provider} top-up {self.id}"

    @property
    def reference(self) -> str:
        """What providers know this top-up by."""
        return self.id.hex


class ReferenceKind(models.TextChoices):
    TOP_UP = "top_up"
    OBJECT = "object"
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"


class PaymentReference(models.Model):
    """Whose a provider's id is: unique over all customers, so that no payment can count for two top-ups."""

    pk = models.CompositePrimaryKey("provider", "kind", "reference")
    provider = models.CharField(max_length=6, choices=ProviderName.choices)
    kind = models.CharField(max_length=7, choices=ReferenceKind.choices)
    reference = models.CharField(max_length=255)
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    top_up_id = models.UUIDField()

    class Meta:
        db_table = "payment_reference"
        constraints = [
            models.CheckConstraint(
                name="payment_reference_known",
                condition=Q(provider__in=ProviderName.values, kind__in=ReferenceKind.values)
                & ~Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.reference}"
