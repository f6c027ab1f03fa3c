"""Better evidence: a conflict that knows the counts of a request that was charged by an estimate corrects it.

Each conflict is judged once, when its request is charged. The first one with reported counts from the same
gateway, for the same key and model, wins over a partial or estimated report; all others are left to a person.
Several bodies in one delivery have no first one among them: any of them wins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from billing import sql
from billing.ledger.book import Book
from catalog.rating import METERS, Counts
from usage.models import Evidence, Verdict
from usage.services.corrections import post, standing
from usage.services.corrections.post import Correction
from usage.services.corrections.standing import NOT_REPORTED, Standing, Told

log = structlog.get_logger()

BATCH = 200
CAUSE = "better evidence"

# A conflict whose first body still waits in the inbox is judged when that is charged.
TO_JUDGE = """
    select conflict.id, conflict.customer_id
      from usage_conflict conflict
      join charge on charge.customer_id = conflict.customer_id and charge.request_id = conflict.request_id
     where conflict.verdict is null and conflict.id > %s
     order by conflict.id
     limit %s
"""

CONFLICTS = """
    select conflict.*,
           exists (select from usage_conflict other
                    where other.customer_id = conflict.customer_id and other.request_id = conflict.request_id
                      and other.verdict in ('corrected', 'confirmed')) as is_answered
      from usage_conflict conflict
     where conflict.id = any(%s::bigint[]) and conflict.customer_id = any(%s::uuid[])
       and conflict.verdict is null
     order by conflict.id
"""

JUDGE = """
    update usage_conflict conflict
       set verdict = judged.verdict, corrected_by = judged.corrected_by, judged_at = %s
      from unnest(%s::bigint[], %s::text[], %s::uuid[]) as judged (id, verdict, corrected_by)
     where conflict.id = judged.id and conflict.verdict is null
"""


class Lock(Protocol):
    """Locks wallets: all of them, or those that nobody else has locked."""

    def __call__(self, customer_ids: Iterable[UUID], *, now: datetime) -> Book: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """How many conflicts were judged, how many of them corrected a charge, and whether key states changed."""

    conflicts: int = 0
    corrections: int = 0
    keys_changed: bool = False

    def and_then(self, other: "Judged") -> "Judged":
        return Judged(
            self.conflicts + other.conflicts,
            self.corrections + other.corrections,
            self.keys_changed or other.keys_changed,
        )


def correct(*, now: datetime) -> Judged:
    """Judge every conflict whose request is charged, and correct what better evidence corrects.

    Safe to run twice at once. A conflict that fails is logged, and tried again by the next run.
    """
    done, last = Judged(), 0
    while rows := sql.fetch_tuples(TO_JUDGE, [last, BATCH]):
        done = done.and_then(_judge_batch(rows, now=now))
        last = rows[-1][0]
    return done


def _judge_batch(rows: Sequence[tuple[int, UUID]], *, now: datetime) -> Judged:
    try:
        return _judge(rows, Book.lock, now=now)
    except OperationalError as error:
        # One wallet that somebody keeps locked does not stop the others.
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return _judge(rows, Book.lock_free, now=now)
    except Exception as error:
        if len(rows) == 1:
            log.exception("conflict not judged", conflict_id=rows[0][0])
            return Judged()
        log.warning("conflicts not judged together", conflicts=len(rows), error=repr(error))

    done = Judged()
    for row in rows:
        done = done.and_then(_judge_batch([row], now=now))
    return done


def _judge(rows: Sequence[tuple[int, UUID]], lock: Lock, *, now: datetime) -> Judged:
    with transaction.atomic():
        book = lock((customer_id for _, customer_id in rows), now=now)
        conflicts = sql.fetch(CONFLICTS, [sql.array([row[0] for row in rows]), sql.array([*book.wallets])])
        standings = standing.read((row.customer_id, row.request_id) for row in conflicts)
        corrections: list[Correction] = []
        verdicts: list[tuple[int, str, UUID | None]] = []
        answered: set[tuple[UUID, UUID]] = set()
        for conflict in conflicts:
            key = conflict.customer_id, conflict.request_id
            if conflict.is_answered or key in answered or not _is_better(conflict, standings[key]):
                verdicts.append((conflict.id, Verdict.LEFT.value, None))
                continue
            answered.add(key)
            correction = _correction(conflict, standings[key])
            if correction.differences:
                corrections.append(correction)
                charge_id = correction.charge_id(correction.differences[0])
                verdicts.append((conflict.id, Verdict.CORRECTED.value, charge_id))
            else:
                verdicts.append((conflict.id, Verdict.CONFIRMED.value, None))
        post.post(book, corrections)
        book.save()
        _write(verdicts, now=now)
    return Judged(len(verdicts), len(corrections), book.keys_changed)


def _is_better(conflict: Any, found: Standing) -> bool:
    """Whether a gateway that gave an estimate now says what was used, of the same request."""
    return (
        conflict.evidence == Evidence.REPORTED
        and found.is_improvable
        and (conflict.gateway_id, conflict.api_key_id, conflict.language_model_id)
        == (found.gateway_id, found.api_key_id, found.language_model_id)
    )


def _correction(conflict: Any, found: Standing) -> Correction:
    counts = tuple(getattr(conflict, meter) for meter in METERS)
    return Correction(found, found.differences(_target(counts, found)), Told.of(conflict), CAUSE)


def _target(counts: Counts, found: Standing) -> dict[int, Counts]:
    """The new counts at the prices that the request has: a meter that was priced late keeps that price."""
    target: dict[int, list[int | None]] = {found.price_version_id: list(counts)}
    for version, old in found.counts.items():
        if version == found.price_version_id:
            continue
        target[version] = list(NOT_REPORTED)
        for index, count in enumerate(old):
            if count is not None:
                target[version][index], target[found.price_version_id][index] = counts[index], None
    return dict(target)


def _write(verdicts: Sequence[tuple[int, str, UUID | None]], *, now: datetime) -> None:
    if verdicts:
        sql.run(JUDGE, [now, *sql.columns(verdicts)])
