"""Reconciling a provider's day: import, ask again about what we lack, post its fees, compare, keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction

from billing.errors import Unacceptable
from billing.models import PaymentDiscrepancy, PaymentReconciliation, ProviderLine
from billing.payments import registry
from billing.payments.errors import ProviderError
from billing.payments.names import ProviderName
from billing.payments.protocol import LineKind, Lookup
from billing.services.payment_reconciliation import clearing, compare, discrepancies, fees, imports, ours
from billing.services.payment_reconciliation.compare import Compared
from billing.services.payment_reconciliation.days import Day, last_whole
from billing.services.top_ups import references
from billing.services.top_ups.converge import converge

log = structlog.get_logger()
Kind = PaymentDiscrepancy.Kind
DAYS = 3


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`posted` counts fees and payouts that were new; `uncleared` is what no line of any day names."""

    day: Day
    lines: int
    posted: int
    compared: Compared
    uncleared: clearing.Uncleared


def reconcile(*, provider: str, day: date | None, now: datetime) -> Reconciled:
    """Compare a day that is over, the last one by default, and keep what differs until somebody answers.

    Idempotent. Raises `Unacceptable` for a day that is not over, `Unavailable` for a provider without keys,
    and what the provider raises.
    """
    gateway = registry.get(provider)
    last = last_whole(gateway.name, now=now)
    asked = Day(gateway.name, day) if day else last
    if asked.ends_at > now:
        raise Unacceptable("this day is not over", field="date")

    lines = imports.import_day(gateway, asked, now=now)
    _ask_again(gateway.name, lines, now=now)
    posted = fees.post(lines, now=now)
    compared = _compare(asked, lines)
    uncleared = clearing.uncleared(gateway.name, now=now)
    _keep(asked, compared, uncleared, now=now)
    return Reconciled(asked, len(lines), posted, compared, uncleared)


def reconcile_all(*, now: datetime) -> None:
    """Compare the last days of every provider that we have keys for; one that is away keeps no other back.

    Three days, because a line may come a day late and what was missing is then there.
    """
    for provider in registry.available():
        last = last_whole(provider.name, now=now)
        for back in reversed(range(DAYS)):
            try:
                reconcile(provider=provider.name, day=last.date - timedelta(days=back), now=now)
            except ProviderError as error:
                log.error("payments not reconciled", provider=provider.name.value, code=error.code)  # noqa: TRY400
                break


def _ask_again(provider: ProviderName, lines: Sequence[ProviderLine], *, now: datetime) -> None:
    """Converge the top-ups whose payments, refunds or disputes the provider has and we do not."""
    lacking = {difference.key for difference in _compare_lines(provider, lines).differences}
    for line in lines:
        if line.kind != LineKind.OTHER and compare.key_of(line) in lacking:
            _converge(line, now=now)


def _converge(line: ProviderLine, *, now: datetime) -> None:
    hint = Lookup(
        payment_id=line.payment_id or None,
        refunds=(line.source_id,) if line.kind == LineKind.REFUND and line.source_id else (),
    )
    for owner in references.owners(provider=line.provider, names=[line.payment_id, line.reference]):
        try:
            converge(customer_id=owner.customer_id, top_up_id=owner.top_up_id, now=now, hint=hint)
        except ProviderError as error:
            log.warning("not asked again", top_up_id=str(owner.top_up_id), code=error.code)


def _compare_lines(provider: ProviderName, lines: Sequence[ProviderLine]) -> Compared:
    not_yet = ours.not_yet_ours(provider, lines)
    return compare.compare(lines, ours.of_lines(provider, lines), (), not_yet)


def _compare(day: Day, lines: Sequence[ProviderLine]) -> Compared:
    not_yet = ours.not_yet_ours(day.provider, lines)
    return compare.compare(lines, ours.of_lines(day.provider, lines), ours.without_line(day), not_yet)


@transaction.atomic
def _keep(day: Day, compared: Compared, uncleared: clearing.Uncleared, *, now: datetime) -> None:
    discrepancies.keep(day, compared.differences, now=now)
    PaymentReconciliation.objects.create(
        provider=day.provider,
        day_date=day.date,
        finished_at=now,
        matched=compared.matched,
        missing_here=compared.count(Kind.MISSING_HERE.value),
        missing_there=compared.count(Kind.MISSING_THERE.value),
        differing=compared.count(Kind.DIFFERING.value),
        open_minor=uncleared.amount_minor,
    )
    if compared.differences:
        log.error(
            "payments differ",
            provider=day.provider.value,
            day=str(day.date),
            differences=len(compared.differences),
        )
