"""A run of the reconciliation: compare the requests of a period, and keep what it finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing import sql
from usage.errors import Unacceptable
from usage.models import ReconciliationRun
from usage.services.corrections import ids
from usage.services.corrections.ids import Span
from usage.services.reconciliation import findings

# A hold lives for a day at most, so what it became is known in the run after that.
OVERLAP = timedelta(hours=25)
# The shortest life of a hold.
GRACE = timedelta(minutes=1)
# Usage is taken for 35 days.
LONGEST = timedelta(days=36)
GONE = "gone by itself: a later run did not find it any more"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ALONE = "select pg_advisory_xact_lock(hashtext('reconcile_usage'))"
TAKES_ITS_TIME = "set local statement_timeout = 0; set local lock_timeout = 0; set local work_mem = '128MB'"
OPEN_IDS = "select distinct request_id from discrepancy where resolved_at is null"


@dataclass(frozen=True, slots=True)
class Period:
    """The requests whose ids' times lie in [`from_at`, `until_at`)."""

    from_at: datetime
    until_at: datetime

    def __post_init__(self) -> None:
        if not EPOCH <= self.from_at < self.until_at:
            raise Unacceptable("a period begins after 1970 and before it ends")

    @property
    def span(self) -> Span:
        return Span(_first_id(self.from_at), UUID(int=_first_id(self.until_at).int - 1))


def since_last_run(*, now: datetime) -> Period:
    """From before the end of the latest run, so that what was undecided then is looked at again."""
    until_at = now - GRACE
    finished = ReconciliationRun.objects.filter(until_at__lte=now).exclude(finished_at=None)
    latest = finished.order_by("-until_at").first()
    if latest is None:
        return whole_window(now=now)
    return Period(min(latest.until_at, until_at) - OVERLAP, until_at)


def whole_window(*, now: datetime) -> Period:
    """All requests for which usage may have come."""
    return Period(now - LONGEST, now - GRACE)


def reconcile(period: Period, *, now: datetime) -> ReconciliationRun:
    """Compare the requests of `period`, and once more those with open discrepancies, whenever they were.

    Idempotent: what is known stays as it is, what is not found any more closes by itself. The caller must not
    be in a transaction. Raises `Unacceptable` for a period that is not over: it would count as compared.
    """
    if period.until_at > now:
        raise Unacceptable("a period ends now at the latest: what is still to come cannot be compared")
    with transaction.atomic(durable=True):
        for setting in TAKES_ITS_TIME.split(";"):
            sql.run(setting)
        sql.run(ALONE)
        run = ReconciliationRun.objects.create(
            from_at=period.from_at, until_at=period.until_at, started_at=now
        )
        run.found = dict(sql.fetch_tuples(findings.RECONCILE, _parameters(period, run.id, now=now)))
        run.finished_at = now
        run.save(update_fields=["found", "finished_at"])
    return run


def _parameters(period: Period, run_id: int, *, now: datetime) -> dict[str, object]:
    spans = _spans(period, (row[0] for row in sql.fetch_tuples(OPEN_IDS)))
    return {
        "firsts": sql.array([span.first for span in spans]),
        "lasts": sql.array([span.last for span in spans]),
        "first": min(span.first for span in spans),
        "last": max(span.last for span in spans),
        # Conflicts and quarantined events count whatever the period: a run of an old one closes none of them.
        "until": max(period.until_at, now - GRACE),
        "input_per_search": settings.INPUT_TOKENS_PER_WEB_SEARCH,
        "run_id": run_id,
        "now": now,
        "gone": GONE,
    }


def _spans(period: Period, open_ids: Iterable[UUID]) -> list[Span]:
    """The period, and the milliseconds outside of it that have open discrepancies; none overlap."""
    whole = period.span
    outside = {ids.span(request_id) for request_id in open_ids if not whole.first <= request_id <= whole.last}
    return [whole, *sorted(outside)]


def _first_id(moment: datetime) -> UUID:
    milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80)
