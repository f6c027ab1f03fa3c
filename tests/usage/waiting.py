"""Rows that wait for an operator, for tests of the admin site."""

from django.utils import timezone

from accounts.models import ServiceToken
from accounts.services import service_tokens
from billing.services import customers
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
