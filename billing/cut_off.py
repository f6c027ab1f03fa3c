"""When a customer's requests are refused because credit ran out, judged on balance and debt only.

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
