"""What operators did: append-only, written in the transaction of what it tells about."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from accounts.models.users import User


class Action(models.TextChoices):
    """Every kind of thing an operator does; a new one is a new word here."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 (a word, no password)
    ADD = "add"
    CHANGE = "change"
    DELETE = "delete"
    SIGN_UP = "sign_up"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"
    GRANT = "grant"
    ADJUST = "adjust"
    REVOKE_KEY = "revoke_key"
    LIMIT_KEY = "limit_key"
    ISSUE_TOKEN = "issue_token"  # noqa: S105 (a word, no token)
    REVOKE_TOKEN = "revoke_token"  # noqa: S105 (a word, no token)
    REPLAY_EVENT = "replay_event"
    RESOLVE_EVENT = "resolve_event"
    ANSWER_DISCREPANCY = "answer_discrepancy"
    PRICE_UNPRICED = "price_unpriced"
    AUDIT = "audit"
    CHECK_PAYMENT = "check_payment"
    REFUND = "refund"
    REPLAY_PAYMENT_EVENT = "replay_payment_event"
    RESOLVE_PAYMENT_EVENT = "resolve_payment_event"
    ANSWER_PAYMENT_ALERT = "answer_payment_alert"
    SET_EXCHANGE_RATE = "set_exchange_rate"
    SET_BONUS_PLAN = "set_bonus_plan"
    ISSUE_CODE = "issue_code"
    REVOKE_CODE = "revoke_code"
    EXTEND_LOT = "extend_lot"
    RETRY_MAIL = "retry_mail"
    VERIFY_EMAIL = "verify_email"


class OperatorAction(models.Model):
    """`actor` is NULL for the command line and for a failed sign-in; `actor_name` is the name at that time.

    `http_request_id` is what the log lines of the same HTTP request carry, too.
    """

    class Channel(models.TextChoices):
        ADMIN = "admin"
        COMMAND_LINE = "command_line", "command line"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    channel = models.CharField(max_length=12, choices=Channel.choices)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=254)
    action = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=100, blank=True, default="")
    object_id = models.CharField(max_length=100, blank=True, default="")
    object_name = models.CharField(max_length=200, blank=True, default="")
    customer_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    detail = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    ip = models.GenericIPAddressField("IP address", null=True)
    http_request_id = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        db_table = "operator_action"
        ordering = ["-id"]
        indexes = [
            models.Index(name="operator_action_actor", fields=["actor", "-id"]),
            models.Index(
                name="operator_action_customer",
                fields=["customer_id", "-id"],
                condition=Q(customer_id__isnull=False),
            ),
            models.Index(name="operator_action_object", fields=["object_kind", "object_id", "-id"]),
            models.Index(name="operator_action_action", fields=["action", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(name="operator_action_names_action", condition=~Q(action="")),
            models.CheckConstraint(name="operator_action_names_actor", condition=~Q(actor_name="")),
            models.CheckConstraint(
                name="operator_action_channel_known", condition=Q(channel__in=["admin", "command_line"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"
