"""The periods that spending limits count in: UTC days, weeks from Monday, months, or all time."""

from datetime import UTC, date, datetime, time, timedelta

from accounts.models import LimitPeriod

# A limit without an end counts from the first day that a request id can name.
FIRST_DAY = date(1970, 1, 1)


def start_of(period: LimitPeriod, day: date) -> date:
    """The first day of the period that `day` lies in."""
    if period == LimitPeriod.WEEK:
        return day - timedelta(days=day.weekday())
    if period == LimitPeriod.MONTH:
        return day.replace(day=1)
    return day if period == LimitPeriod.DAY else FIRST_DAY


def end_of(period: LimitPeriod, start: date) -> datetime | None:
    """The moment at which the period that begins on `start` turns; None where it never does."""
    if period == LimitPeriod.TOTAL:
        return None
    days = {LimitPeriod.DAY: 1, LimitPeriod.WEEK: 7, LimitPeriod.MONTH: 31}[period]
    return datetime.combine(start_of(period, start + timedelta(days=days)), time(), tzinfo=UTC)
