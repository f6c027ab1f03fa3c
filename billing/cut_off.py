"""When requests are refused because credit or a key's limit ran out: judged on balance, debt and spending.

Running holds do not count: they come and go with every request and would flap keys.
"""

from datetime import datetime

from django.conf import settings


def judge(
    *, balance_nanos: int, debt_nanos: int, cut_off_at: datetime | None, now: datetime
) -> datetime | None:
    """Since when the customer is cut off after a change of its wallet, or None where it is not."""
    if balance_nanos < settings.CUT_OFF_BELOW_NANOS or debt_nanos > 0:
        return cut_off_at or now

    return None


def judge_key(
    *, limit_nanos: int, spent_nanos: int, cut_off_at: datetime | None, now: datetime
) -> datetime | None:
    """Since when a limited key is cut off alone after a change of its counter, or None where it is not."""
    if limit_nanos - max(spent_nanos, 0) < settings.CUT_OFF_BELOW_NANOS:
        return cut_off_at or now

    return None
