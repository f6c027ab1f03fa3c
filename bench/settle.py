"""Settlement: against a bare COPY, for one hot customer, and with two and four workers."""

import sys
import time
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from bench import rows, settlers, twins, work
from bench.rows import Pair, Row
from billing import sql

ROUNDS = 3
EVENTS = 40_000
# The less waits, the fewer of a customer's events share a debit: this part of the events alone is shown, too.
SHORTER = 4
WORKERS = (2, 4)

CHARGES = """
    copy (select * from charge where request_id between '{first}' and '{last}' order by charged_at)
      to stdout (format binary)
"""
COPY = "copy bare_charge from stdin (format binary)"
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"

# The first and the last request id of events that were made ready together.
Span = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Round:
    """Events or rows per second; `workers` by how many there were."""

    copy: float
    one: float
    short: float
    hot: float
    workers: dict[int, float]


def main() -> None:
    sys.stdout.write(rows.as_json(measure(EVENTS)))


def measure(events: int) -> list[Row]:
    twins.make_partitioned("charge")
    with settlers.waiting(max(WORKERS)) as team:
        span = _ready(events)
        work.analyze()
        team.drain(max(WORKERS), events)
        work.analyze()
        rounds = []
        for _ in range(ROUNDS):
            copied = _copy(span, events)
            span = _ready(events)
            rounds.append(_round(team, events, copied))
    return _rows(rounds)


def _round(team: settlers.Settlers, events: int, copied: float) -> Round:
    """The spread-out events are waiting; the other runs get theirs here."""
    one = team.drain(1, events)
    _ready(events // SHORTER)
    short = team.drain(1, events // SHORTER)
    _ready(events, only=work.someone())
    hot = team.drain(1, events)
    together = {}
    for workers in WORKERS:
        _ready(events)
        together[workers] = team.drain(workers, events)
    return Round(copied, one, short, hot, together)


def _rows(rounds: list[Round]) -> list[Row]:
    unit = "events/s"
    deadlocks = sql.fetch(DEADLOCKS)[0].deadlocks
    full = [Pair(each.copy, each.one) for each in rounds]
    short = [Pair(each.copy, each.short) for each in rounds]
    hot = [Pair(each.one, each.hot) for each in rounds]
    together = [
        rows.at_least(
            f"settle, {workers} workers / one",
            [Pair(each.one, each.workers[workers]) for each in rounds],
            1.5,
            f"{unit}, {deadlocks} deadlocks",
        )
        for workers in WORKERS
    ]
    return [
        rows.at_least(f"settle {EVENTS:,} waiting / bare COPY", full, 0.08, unit),
        rows.at_least(f"settle {EVENTS // SHORTER:,} waiting / bare COPY", short, None, unit),
        rows.at_least("settle, one hot customer / spread", hot, 0.9, unit),
        *(replace(row, ok=row.ok and deadlocks == 0) for row in together),
    ]


def _ready(events: int, *, only: UUID | None = None) -> Span:
    """Place holds and report them."""
    holds = work.place(events, only=only)
    work.report(holds)
    return holds[0].request_id, holds[-1].request_id


def _copy(span: Span, expected: int) -> float:
    """Rows per second of copying settled charges into charge's twin, as they were inserted."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        driver = cursor.connection
        with driver.cursor() as bare:
            with bare.copy(CHARGES.format(first=span[0], last=span[1])) as out:
                data = b"".join(bytes(block) for block in out)
            started = time.monotonic()
            with bare.copy(COPY) as into:
                into.write(data)
            seconds = time.monotonic() - started
            assert bare.rowcount == expected
    return expected / seconds
