"""What PostgreSQL knows about the service right now, read when `/metrics` is asked.

Each reading is one short statement over a queue, a partial index or the wallets, never over charges.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from psycopg_pool import PoolTimeout

from billing import sql
from billing.services import partitions

# However often somebody asks, the database is asked this often at most; wallets are as many as customers.
_OFTEN_S: Final = 5.0
_SELDOM_S: Final = 60.0
# All readings together: Prometheus gives up after ten seconds.
_BUDGET_S: Final = 6.0
# Counts stop here: more is as bad as this many.
MOST_COUNTED: Final = 100_000

INBOX = """
    select count(*) as inbox_events,
           coalesce(extract(epoch from %(now)s - min(received_at)), 0) as settlement_lag_seconds
      from usage_event
"""

HOLDS = """
    select count(*) as holds_open, count(*) filter (where expires_at < %(now)s) as holds_overdue
      from (select expires_at from hold where state = 'open' limit %(most)s) as open
"""

WALLETS = """
    select count(*) filter (where cut_off_at is not null) as customers_cut_off,
           coalesce(sum(balance_nanos), 0) as wallets_balance_nanos,
           coalesce(sum(held_nanos), 0) as wallets_held_nanos,
           coalesce(sum(debt_nanos), 0) as wallets_debt_nanos
      from wallet
"""

OUTBOX = """
    select count(*) as outbox_rows,
           coalesce(extract(epoch from %(now)s - min(created_at)), 0) as outbox_age_seconds
      from (select created_at from outbox limit %(most)s) as waiting
"""

UNCACHED = """
    select count(*) as key_events_uncached
      from (select from key_event where cached_at is null limit %(most)s) as waiting
"""

QUARANTINE = """
    select code, count(*) as quarantine_open
      from (select code from quarantined_event where resolved_at is null limit %(most)s) as open
     group by code
"""

DISCREPANCIES = """
    select kind, count(*) as discrepancies_open
      from (select kind from discrepancy where resolved_at is null limit %(most)s) as open
     group by kind
"""

# A paid top-up is asked about too, though seldom; late means that nobody asks any more.
PAYMENTS = """
    select (select count(*)
              from (select from provider_event where state = 'waiting' limit %(most)s) as waiting)
               as payment_events_waiting,
           (select coalesce(extract(epoch from %(now)s - min(received_at)), 0)
              from (select received_at from provider_event where state = 'waiting' limit %(most)s) as waiting)
               as payment_events_age_seconds,
           (select count(*)
              from (select from provider_event where state = 'quarantined' limit %(most)s) as kept)
               as payment_events_quarantined,
           (select count(*)
              from (select from top_up where next_check_at < %(now)s::timestamptz - interval '10 minutes'
                     limit %(most)s) as late) as top_ups_overdue
"""

PAYMENT_ALERTS = """
    select code, count(*) as payment_alerts_open
      from (select code from payment_alert where resolved_at is null limit %(most)s) as open
     group by code
"""

# No row, and so no gauge, where no audit has been kept yet.
AUDIT = """
    select violations as audit_violations, extract(epoch from %(now)s - finished_at) as audit_age_seconds
      from audit_run
     order by id desc
     limit 1
"""

HELP: Final[Mapping[str, str]] = {
    "inbox_events": "Usage events that wait to be charged.",
    "settlement_lag_seconds": "Age of the oldest event in the inbox; 0 where it is empty.",
    "holds_open": "Holds of running requests.",
    "holds_overdue": "Open holds whose time is over.",
    "customers_cut_off": "Customers whose requests are refused because credit ran out.",
    "wallets_balance_nanos": "Credit of all customers.",
    "wallets_held_nanos": "What open holds have set aside of it.",
    "wallets_debt_nanos": "What customers owe.",
    "outbox_rows": "Changes of key states that wait to be published.",
    "outbox_age_seconds": "Age of the oldest of them; 0 where there is none.",
    "key_events_uncached": "Published key states that Valkey does not have yet.",
    "quarantine_open": "Events that could not be charged and that nobody answered for, by code.",
    "discrepancies_open": "Discrepancies of usage that nobody answered for, by kind.",
    "payment_events_waiting": "Messages of payment providers that wait to be handled.",
    "payment_events_age_seconds": "Age of the oldest of them; 0 where there is none.",
    "payment_events_quarantined": "Messages of payment providers that nobody answered for.",
    "top_ups_overdue": "Top-ups that their provider should have been asked about 10 minutes ago.",
    "payment_alerts_open": "Payments that somebody has to look at, by code.",
    "audit_violations": "Rows that broke an invariant in the last audit that was kept.",
    "audit_age_seconds": "Time since that audit.",
    "partitions_days_ahead": "Days until request ids have no partition.",
    "database_up": "1 where PostgreSQL answered every question, 0 where it did not.",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Some gauges that are read together, as rows whose numbers are gauges and whose texts are labels."""

    read: Callable[[datetime], Sequence[Mapping[str, Any]]]
    valid_s: float = _OFTEN_S


def _query(query: str) -> Callable[[datetime], list[Mapping[str, Any]]]:
    def read(now: datetime) -> list[Mapping[str, Any]]:
        return [row._asdict() for row in sql.fetch(query, {"now": now, "most": MOST_COUNTED})]

    return read


def _partitions(now: datetime) -> list[Mapping[str, Any]]:
    until = partitions.covered_until()
    return [{"partitions_days_ahead": (until - now) / timedelta(days=1) if until else 0}]


READINGS: Final = (
    Reading(_query(INBOX)),
    Reading(_query(HOLDS)),
    Reading(_query(OUTBOX)),
    Reading(_query(UNCACHED)),
    Reading(_query(QUARANTINE)),
    Reading(_query(DISCREPANCIES)),
    Reading(_query(PAYMENTS)),
    Reading(_query(PAYMENT_ALERTS)),
    Reading(_query(AUDIT)),
    Reading(_partitions, valid_s=_SELDOM_S),
    Reading(_query(WALLETS), valid_s=_SELDOM_S),
)


class Gauges:
    """Collector; remembers readings for as long as they are valid, and says when one failed."""

    def __init__(self, readings: Sequence[Reading] = READINGS) -> None:
        self._readings = readings
        self._lock = threading.Lock()
        self._remembered: dict[Reading, tuple[float, Sequence[Mapping[str, Any]]]] = {}

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would ask the database when it is made."""
        return ()

    def collect(self) -> Iterator[Metric]:
        # Whoever asks meanwhile waits for the answers to the first one's questions.
        with self._lock:
            rows, is_up = self._read_all()
        yield from _families([*rows, {"database_up": int(is_up)}])

    def _read_all(self) -> tuple[list[Mapping[str, Any]], bool]:
        rows: list[Mapping[str, Any]] = []
        is_up = True
        give_up_at = time.monotonic() + _BUDGET_S
        for reading in self._readings:
            valid_until, remembered = self._remembered.get(reading, (0.0, ()))
            if time.monotonic() >= valid_until:
                if not is_up or time.monotonic() > give_up_at:
                    continue
                try:
                    remembered = reading.read(timezone.now())
                except (DatabaseError, PoolTimeout):
                    is_up = False
                    continue
                self._remembered[reading] = time.monotonic() + reading.valid_s, remembered
            rows += remembered
        return rows, is_up


def _families(rows: Iterable[Mapping[str, Any]]) -> Iterable[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for row in rows:
        labels = {name: value for name, value in row.items() if isinstance(value, str)}
        for name, value in row.items():
            if name not in labels:
                help_text = HELP[name]
                family = GaugeMetricFamily(f"billing_{name}", help_text, labels=list(labels))
                families.setdefault(name, family).add_metric(list(labels.values()), float(value))
    return families.values()
