"""Amounts and moments as Alipay writes them: yuan with two places, Shanghai's time."""

import re
from datetime import UTC, datetime, timedelta, timezone

from sandbox.alipay.errors import invalid

SHANGHAI = timezone(timedelta(hours=8))
MOST_FEN = 10_000_000_000
MOMENT = "%Y-%m-%d %H:%M:%S"
AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)


def written(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def read(text: object, name: str) -> int:
    """Fen from 0.01 to 100,000,000 yuan; raises Refusal."""
    match = AMOUNT.fullmatch(text) if isinstance(text, str) else None
    fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not 1 <= fen <= MOST_FEN:
        raise invalid(f"{name}: 金额无效")
    return fen


def shown(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime(MOMENT)


def moment_of(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=SHANGHAI).astimezone(UTC)


def day_of(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).date().isoformat()
