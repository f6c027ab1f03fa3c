"""Rows that wait for an operator, for tests of the admin site."""

from datetime import date

from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ServiceToken
from accounts.services import service_tokens
from billing.models import (
    EventState,
    Mail,
    MailKind,
    PaymentAlert,
    PaymentDiscrepancy,
    ProviderEvent,
    RedemptionCode,
    TopUp,
)
from billing.services import codes, customers
from billing.services.codes import CodeTerms
from billing.services.mails import outbox
from tests import cast
from usage.models import Discrepancy, DiscrepancyKind, QuarantinedEvent, ReconciliationRun


def frozen(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="for the test", now=timezone.now())


def token() -> ServiceToken:
    return service_tokens.issue(gateway="gateway-9", scopes=["holds"], now=timezone.now()).token


def quarantined(who: cast.Player) -> QuarantinedEvent:
    cast.send(cast.report(who, model="new-model", output=7))
    return QuarantinedEvent.objects.get()


def discrepancy(who: cast.Player) -> Discrepancy:
    now = timezone.now()
    held = cast.hold(who)
    run = ReconciliationRun.objects.create(from_at=now, until_at=now, started_at=now, finished_at=now)
    return Discrepancy.objects.create(
        kind=DiscrepancyKind.HOLD_WITHOUT_USAGE,
        customer_id=who.id,
        request_id=held.request_id,
        gateway_id=cast.gateway().id,
        amount_nanos=held.amount_nanos,
        found_in=run,
        found_at=now,
    )


def payment_event() -> ProviderEvent:
    """A message in quarantine whose provider has no keys here: handled again, it waits."""
    now = timezone.now()
    return ProviderEvent.objects.create(
        id=uuid7(),
        provider="stripe",
        event_id="evt_1",
        body_digest=b"1" * 32,
        kind="charge.refunded",
        body=b"{}",
        object_id="cs_1",
        received_at=now,
        state=EventState.QUARANTINED,
        code="wrong_amount",
        ended_at=now,
    )


def payment_difference() -> PaymentDiscrepancy:
    return PaymentDiscrepancy.objects.create(
        provider="stripe",
        day_date=date(2026, 11, 23),
        kind="differing",
        key="stripe:line:txn_1",
        ours_minor=2000,
        theirs_minor=1999,
        found_at=timezone.now(),
    )


def payment_alert(who: cast.Player) -> PaymentAlert:
    now = timezone.now()
    top_up = TopUp.objects.create(
        customer_id=who.id,
        id=uuid7(),
        provider="stripe",
        method="checkout",
        cause="customer",
        state="open",
        currency="USD",
        amount_minor=2000,
        credit_nanos=20 * cast.USD,
        idempotency_key="1",
        fingerprint=b"1",
        email="alice@example.com",
        created_at=now,
        expires_at=now,
    )
    return PaymentAlert.objects.create(
        provider="stripe",
        customer_id=who.id,
        top_up_id=top_up.id,
        code="wrong_amount",
        detail="asked for 2000, found 1",
        found_at=now,
    )


def code() -> RedemptionCode:
    """A code for $5 that nobody has redeemed."""
    [issued] = codes.issue(CodeTerms(5 * cast.USD, "a fair"), count=1, now=timezone.now())
    return RedemptionCode.objects.get(id=issued.id)


def given_up_mail(who: cast.Player) -> Mail:
    now = timezone.now()
    outbox.write(customer_id=who.id, kind=MailKind.CUT_OFF, cause_key="cut-off", content={}, now=now)
    Mail.objects.update(next_try_at=None, attempts=9, failure="nobody listens")
    return Mail.objects.get()
