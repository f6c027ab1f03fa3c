"""Counters of limited keys, read and written under their customers' wallets' locks.

A key and those that were rotated into it are one line and have one counter, named by the line's first key.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from accounts.models import LimitPeriod
from billing import cut_off, limit_periods, sql

COUNTERS = """
    select customer_id, api_key_id, period_start, spent_nanos, held_nanos, cut_off_at
      from key_spend
     where customer_id = any(%s::uuid[])
"""

LINES = """
    select customer_id, first_key_id, id, limit_nanos, limit_period
      from api_key
     where customer_id = any(%s::uuid[]) and limit_nanos is not null
"""

WRITE = """
    update key_spend
       set period_start = new.period_start, spent_nanos = new.spent, held_nanos = new.held,
           cut_off_at = new.cut_off_at
      from unnest(%s::uuid[], %s::uuid[], %s::date[], %s::bigint[], %s::bigint[], %s::timestamptz[])
           as new (customer_id, api_key_id, period_start, spent, held, cut_off_at)
     where key_spend.customer_id = new.customer_id and key_spend.api_key_id = new.api_key_id
"""


@dataclass(slots=True)
class KeyCounter:
    """One line's limit and what counts against it in the period that begins on `period_start`."""

    customer_id: UUID
    api_key_id: UUID
    period_start: date
    spent: int
    held: int
    cut_off_at: datetime | None
    limit: int
    period: LimitPeriod
    has_turned: bool = False
    stored: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.stored = self.columns

    @property
    def columns(self) -> tuple[date, int, int, datetime | None]:
        """What changes of the row, in the order of `WRITE`."""
        return self.period_start, self.spent, self.held, self.cut_off_at

    @property
    def left(self) -> int:
        """Nanos that a hold may still set aside; nothing once the limit is reached."""
        if self.cut_off_at is not None:
            return 0
        return max(self.limit - max(self.spent, 0) - self.held, 0)

    @property
    def resumes_at(self) -> datetime | None:
        """When the limit is whole again; None where that never comes, or never lets the key work."""
        if self.limit < settings.CUT_OFF_BELOW_NANOS:
            return None
        return limit_periods.end_of(self.period, self.period_start)

    def roll(self, day: date) -> None:
        """Begin the period of `day` with nothing spent or held, unless a later one has begun."""
        start = limit_periods.start_of(self.period, day)
        if start > self.period_start:
            self.period_start, self.spent, self.held, self.cut_off_at = start, 0, 0, None
            self.has_turned = True

    def spend(self, day: date, amount: int) -> None:
        """Count what was charged for requests of `day`; an older period than the current one is over."""
        self.roll(day)
        if limit_periods.start_of(self.period, day) == self.period_start:
            self.spent += amount

    def end_hold(self, period_start: date, amount: int) -> None:
        """Give back what a hold counted in this period; a negative amount sets more aside."""
        if period_start == self.period_start:
            self.held -= amount

    def judge(self, now: datetime) -> bool:
        """Decide whether the limit is reached, and return whether that has to be published."""
        self.cut_off_at = cut_off.judge_key(
            limit_nanos=self.limit, spent_nanos=self.spent, cut_off_at=self.cut_off_at, now=now
        )
        was_cut_off, is_cut_off = self.stored[-1] is not None, self.cut_off_at is not None
        return is_cut_off != was_cut_off or (is_cut_off and self.has_turned)


class KeyCounters:
    """The counters of all limited keys of some customers, found by any key of a line."""

    def __init__(self, by_key: dict[tuple[UUID, UUID], KeyCounter]) -> None:
        self._by_key = by_key
        self.customers = {customer_id for customer_id, _ in by_key}

    @classmethod
    def read(cls, customer_ids: Collection[UUID]) -> "KeyCounters":
        """Read the counters of customers whose wallets are locked."""
        rows = sql.fetch_tuples(COUNTERS, [sql.array(list(customer_ids))]) if customer_ids else []
        if not rows:
            return cls({})

        counters = {row[:2]: row[2:] for row in rows}
        made: dict[tuple[UUID, UUID], KeyCounter] = {}
        by_key: dict[tuple[UUID, UUID], KeyCounter] = {}
        for customer_id, first_id, key_id, limit, period in sql.fetch_tuples(
            LINES, [sql.array(sorted({row[0] for row in rows}))]
        ):
            start, spent, held, cut_off_at = counters[customer_id, first_id]
            counter = KeyCounter(
                customer_id,
                first_id,
                start,
                spent,
                held,
                cut_off_at,
                limit,
                LimitPeriod(period),
            )
            by_key[customer_id, key_id] = made.setdefault((customer_id, first_id), counter)
        return cls(by_key)

    def find(self, customer_id: UUID, api_key_id: UUID) -> KeyCounter | None:
        return self._by_key.get((customer_id, api_key_id))

    def spend(self, customer_id: UUID, api_key_id: UUID, day: date, amount: int) -> None:
        """Count a charge, if its key is limited."""
        counter = self.find(customer_id, api_key_id)
        if counter:
            counter.spend(day, amount)

    def end_hold(self, customer_id: UUID, api_key_id: UUID, period_start: date, amount: int) -> None:
        """Give back what a hold counted, if its key is still limited."""
        counter = self.find(customer_id, api_key_id)
        if counter:
            counter.end_hold(period_start, amount)

    def roll(self, day: date) -> None:
        """Begin the period of `day` for every counter that is in an older one."""
        for counter in self._counters():
            counter.roll(day)

    def judge(self, now: datetime) -> set[UUID]:
        """Judge every counter, and return the customers whose key states are to be published."""
        return {counter.customer_id for counter in self._counters() if counter.judge(now)}

    def write(self) -> None:
        """Write the counters that changed."""
        table = [(c.customer_id, c.api_key_id, *c.columns) for c in self._counters() if c.columns != c.stored]
        if table:
            written = sql.run(WRITE, sql.columns(table))
            assert written == len(table), "a limited key has no counter"

    def _counters(self) -> Iterable[KeyCounter]:
        return {counter.api_key_id: counter for counter in self._by_key.values()}.values()
