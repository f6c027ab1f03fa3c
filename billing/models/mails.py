"""Mails that wait to be sent: written in the transaction of what they tell, sent once."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from billing.models.papers import Language


class MailKind(models.TextChoices):
    RECEIPT = "receipt"
    REFUND = "refund"
    LOW_BALANCE = "low_balance"
    CUT_OFF = "cut_off", "balance gone"
    AUTO_TOP_UP_FAILED = "auto_top_up_failed"
    CREDIT_EXPIRES = "credit_expires"


class Mail(models.Model):
    """`cause_key` names what the mail is about, so that it is written once however often that is noticed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    cause_key = models.CharField(max_length=200, unique=True)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=7, choices=Language.choices, default=Language.ENGLISH)
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "mail"
        permissions = [("retry_mails", "Can have mails sent again")]
        constraints = [
            models.CheckConstraint(name="mail_kind_known", condition=Q(kind__in=MailKind.values)),
            models.CheckConstraint(
                name="mail_sent_waits_no_more",
                condition=Q(sent_at__isnull=True) | Q(next_try_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(name="mail_waiting", fields=["next_try_at"], condition=Q(next_try_at__isnull=False)),
            models.Index(
                name="mail_given_up",
                fields=["created_at"],
                condition=Q(sent_at__isnull=True, next_try_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
