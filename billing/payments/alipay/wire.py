"""How Alipay writes amounts and moments."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from catalog.decimals import format_fixed, parse_fixed

CURRENCY: Final = "CNY"
# Alipay takes no more for one trade: 100,000,000.00 yuan.
MOST_FEN: Final = 10_000_000_000
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_MOMENT: Final = "%Y-%m-%d %H:%M:%S"


def yuan(fen: int) -> str:
    """Write fen as yuan with two places: 10050 is "100.50"."""
    return format_fixed(fen, 2)


def fen(yuan: str) -> int:
    """Read yuan with at most two places, not negative; ValueError on anything else."""
    return parse_fixed(yuan, 2, MOST_FEN)


def shanghai(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime(_MOMENT)


def moment(shanghai: str) -> datetime:
    """Read a moment of Shanghai, with or without fractions of a second; ValueError on anything else."""
    whole, _, _ = shanghai.partition(".")
    return datetime.strptime(whole, _MOMENT).replace(tzinfo=SHANGHAI).astimezone(UTC)


def noon_after(day: date) -> datetime:
    """Return the noon after a day of Shanghai, by which its bill is there."""
    return datetime.combine(day + timedelta(days=1), time(12), tzinfo=SHANGHAI)
