"""What waits for an operator, for the first page of the admin site; nothing here counts a big table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.models import OperatorAction
from accounts.operators.links import address
from billing.models import EventState, Hold, HoldState, Mail, PaymentAlert, PaymentDiscrepancy, ProviderEvent
from usage.models import AuditRun, Discrepancy, QuarantinedEvent, UsageConflict, UsageEvent

MOST = 1_000
LATE = timedelta(minutes=10)
AUDITED_EVERY = timedelta(hours=26)
LATEST_ACTIONS = 10


@dataclass(frozen=True, slots=True)
class Item:
    """`count` is exact up to `MOST`; `oldest` is a moment in UTC."""

    label: str
    count: int
    oldest: datetime | None
    address: str

    @property
    def counted(self) -> str:
        return f"{self.count:,}" if self.count <= MOST else f"more than {MOST:,}"


@dataclass(frozen=True, slots=True)
class Audit:
    """The latest run; `is_late`: the night's one did not come."""

    run: AuditRun
    is_late: bool
    address: str


@dataclass(frozen=True, slots=True)
class _Queue:
    permission: str
    label: str
    waiting: Callable[[datetime], QuerySet[Any]]
    moment: str
    address: Callable[[], str]


QUEUES = (
    _Queue(
        "billing.view_paymentalert",
        "payments that are not what was asked for, or came late, without an answer",
        lambda _now: PaymentAlert.objects.filter(resolved_at=None),
        "found_at",
        lambda: address("billing_paymentalert_changelist", open="yes"),
    ),
    _Queue(
        "billing.view_paymentdiscrepancy",
        "differences from the payment providers' own books, without an answer",
        lambda _now: PaymentDiscrepancy.objects.filter(gone_at=None, answered_at=None),
        "found_at",
        lambda: address("billing_paymentdiscrepancy_changelist", open="yes"),
    ),
    _Queue(
        "billing.view_providerevent",
        "payment messages in quarantine",
        lambda _now: ProviderEvent.objects.filter(state=EventState.QUARANTINED),
        "received_at",
        lambda: address("billing_providerevent_changelist", state__exact=EventState.QUARANTINED),
    ),
    _Queue(
        "billing.view_providerevent",
        "payment messages not handled for more than 10 minutes: is the provider away?",
        lambda now: ProviderEvent.objects.filter(state=EventState.WAITING, received_at__lt=now - LATE),
        "received_at",
        lambda: address("billing_providerevent_changelist", state__exact=EventState.WAITING),
    ),
    _Queue(
        "usage.view_quarantinedevent",
        "events in quarantine, not charged",
        lambda _now: QuarantinedEvent.objects.filter(resolved_at=None),
        "received_at",
        lambda: address("usage_quarantinedevent_changelist", open="yes"),
    ),
    _Queue(
        "usage.view_usageconflict",
        "conflicts between reports of one request, not judged yet",
        lambda _now: UsageConflict.objects.filter(verdict=None),
        "received_at",
        lambda: address("usage_usageconflict_changelist", verdict__isnull=True),
    ),
    _Queue(
        "usage.view_discrepancy",
        "discrepancies between gateways and books, without an answer",
        lambda _now: Discrepancy.objects.filter(resolved_at=None),
        "found_at",
        lambda: address("usage_discrepancy_changelist", open="yes"),
    ),
    _Queue(
        "usage.view_usageevent",
        "reports in the inbox for more than 10 minutes: is a worker running?",
        lambda now: UsageEvent.objects.filter(received_at__lt=now - LATE),
        "received_at",
        lambda: address("usage_usageevent_changelist"),
    ),
    _Queue(
        "billing.view_hold",
        "holds open 10 minutes after their expiry: are beat and worker running?",
        lambda now: Hold.objects.filter(state=HoldState.OPEN, expires_at__lt=now - LATE),
        "expires_at",
        lambda: address("billing_hold_changelist", state=HoldState.OPEN),
    ),
    _Queue(
        "billing.view_mail",
        "mails that nobody got, given up",
        lambda _now: Mail.objects.filter(sent_at=None, next_try_at=None),
        "created_at",
        lambda: address("billing_mail_changelist", state="given_up"),
    ),
    _Queue(
        "billing.view_mail",
        "mails waiting for more than an hour: does the mail server answer?",
        lambda now: Mail.objects.filter(next_try_at__isnull=False, created_at__lt=now - timedelta(hours=1)),
        "created_at",
        lambda: address("billing_mail_changelist", state="waiting"),
    ),
)


def items(user: Any, *, now: datetime) -> list[Item]:
    """What `user` may see of what waits, the longest waiting first."""
    found = [_item(queue, now=now) for queue in QUEUES if user.has_perm(queue.permission)]
    return sorted((item for item in found if item.count), key=lambda item: item.oldest or now)


def last_audit(user: Any, *, now: datetime) -> Audit | None:
    run = AuditRun.objects.order_by("-id").first() if user.has_perm("usage.view_auditrun") else None
    if run is None:
        return None
    return Audit(run, now - run.started_at > AUDITED_EVERY, address("usage_auditrun_change", run.pk))


def latest_actions(user: Any) -> list[OperatorAction]:
    if not user.has_perm("accounts.view_operatoraction"):
        return []
    return list(OperatorAction.objects.order_by("-id")[:LATEST_ACTIONS])


def _item(queue: _Queue, *, now: datetime) -> Item:
    waiting = queue.waiting(now).order_by(queue.moment)
    moments = list(waiting.values_list(queue.moment, flat=True)[: MOST + 1])
    return Item(queue.label, len(moments), moments[0] if moments else None, queue.address())
