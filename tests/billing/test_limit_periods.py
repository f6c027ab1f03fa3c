"""Periods of limits: days, weeks from Monday, months and all time, the same in Python and in SQL."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import LimitPeriod
from billing import limit_periods, sql

MONDAY = date(2026, 11, 23)
DAYS = [date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2027, 2, 28)] + [
    MONDAY + timedelta(days=days) for days in range(-8, 9)
]


class TestStartOf:
    @pytest.mark.parametrize(
        ("period", "day", "start"),
        [
            ("day", date(2026, 11, 29), date(2026, 11, 29)),
            ("week", MONDAY, MONDAY),
            ("week", date(2026, 11, 29), MONDAY),
            ("week", date(2027, 1, 1), date(2026, 12, 28)),
            ("month", date(2026, 12, 31), date(2026, 12, 1)),
            ("total", MONDAY, date(1970, 1, 1)),
        ],
    )
    def test_is_the_first_day(self, period: str, day: date, start: date):
        assert limit_periods.start_of(LimitPeriod(period), day) == start


class TestEndOf:
    @pytest.mark.parametrize(
        ("period", "start", "end"),
        [
            ("day", date(2026, 12, 31), datetime(2027, 1, 1, tzinfo=UTC)),
            ("week", date(2026, 12, 28), datetime(2027, 1, 4, tzinfo=UTC)),
            ("month", date(2026, 12, 1), datetime(2027, 1, 1, tzinfo=UTC)),
            ("month", date(2027, 2, 1), datetime(2027, 3, 1, tzinfo=UTC)),
            ("total", date(1970, 1, 1), None),
        ],
    )
    def test_is_the_first_moment_of_the_next(self, period: str, start: date, end: datetime | None):
        assert limit_periods.end_of(LimitPeriod(period), start) == end


@pytest.mark.django_db
class TestSql:
    @pytest.mark.parametrize("period", LimitPeriod)
    def test_agrees(self, period: LimitPeriod):
        for day in DAYS:
            [row] = sql.fetch(
                "select start, limit_period_end(%(period)s, start) as until"
                "  from limit_period_start(%(period)s, %(day)s) as period (start)",
                {"period": period.value, "day": day},
            )
            assert row.start == limit_periods.start_of(period, day)
            assert row.until == limit_periods.end_of(period, row.start)
