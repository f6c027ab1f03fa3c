"""A provider's day: what its books call a day, in our time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from billing.payments.names import ProviderName

_ZONES: Final = {ProviderName.STRIPE: ZoneInfo("UTC"), ProviderName.ALIPAY: ZoneInfo("Asia/Shanghai")}
# Their clocks and ours need not agree about what happened around midnight: it is looked for a day later.
GRACE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Day:
    provider: ProviderName
    date: date

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.date, time.min, _ZONES[self.provider])

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.date + timedelta(days=1), time.min, _ZONES[self.provider])


def last_whole(provider: ProviderName, *, now: datetime) -> Day:
    """The last day that is over, and whose books the provider has had an hour to close."""
    return Day(provider, (now - GRACE).astimezone(_ZONES[provider]).date() - timedelta(days=1))
