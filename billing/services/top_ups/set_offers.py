"""Setting exchange rates and bonuses: never backwards, within bounds that a slip of the finger leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from billing.errors import Unacceptable
from billing.models import BonusPlan, ExchangeRate
from billing.services.top_ups import offers

LEAST_MICROS: Final = 3_000_000
MOST_MICROS: Final = 20_000_000
# A rate that jumps further than this is a slip, or is set in two steps.
MOST_CHANGE_PERCENT: Final = 20
MOST_TIERS: Final = 20
MOST_PPM: Final = 1_000_000
MOST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class Tier:
    """From `from_nanos` of credit on, `bonus_ppm` millionths of it come on top."""

    from_nanos: int
    bonus_ppm: int


def set_rate(
    *, cny_per_usd_micros: int, effective_at: datetime, reason: str, author_id: UUID, now: datetime
) -> ExchangeRate:
    """Add the rate of payments that begin from `effective_at` on; what has begun keeps its own."""
    _require(effective_at, reason, now)
    if not LEAST_MICROS <= cny_per_usd_micros <= MOST_MICROS:
        raise Unacceptable("must be from 3 to 20", field="rate")

    with transaction.atomic():
        before = offers.rate_in_force(now=effective_at)
        if before is not None and _jumps(before.cny_per_usd_micros, cny_per_usd_micros):
            raise Unacceptable(
                f"is more than {MOST_CHANGE_PERCENT} % away from the rate before; go in steps", field="rate"
            )
        return ExchangeRate.objects.create(
            cny_per_usd_micros=cny_per_usd_micros,
            effective_at=effective_at,
            reason=reason.strip(),
            author_id=author_id,
            created_at=now,
        )


def set_plan(
    *,
    tiers: Sequence[Tier],
    expires_days: int | None,
    effective_at: datetime,
    reason: str,
    author_id: UUID,
    now: datetime,
) -> BonusPlan:
    """Add the bonuses of payments that begin from `effective_at` on; no tiers end all bonuses."""
    _require(effective_at, reason, now)
    if len(tiers) > MOST_TIERS:
        raise Unacceptable(f"there may be at most {MOST_TIERS}", field="tiers")
    starts = [tier.from_nanos for tier in tiers]
    if any(start <= 0 for start in starts) or starts != sorted(set(starts)):
        raise Unacceptable("must rise, and begin above 0", field="tiers")
    if any(not 0 < tier.bonus_ppm <= MOST_PPM for tier in tiers):
        raise Unacceptable("a bonus is more than 0 % and at most 100 %", field="tiers")
    if expires_days is not None and not 0 < expires_days <= MOST_DAYS:
        raise Unacceptable(f"must be from 1 to {MOST_DAYS}", field="expires_days")

    return BonusPlan.objects.create(
        tiers=[{"from_nanos": tier.from_nanos, "bonus_ppm": tier.bonus_ppm} for tier in tiers],
        expires_days=expires_days,
        effective_at=effective_at,
        reason=reason.strip(),
        author_id=author_id,
        created_at=now,
    )


def _require(effective_at: datetime, reason: str, now: datetime) -> None:
    if effective_at < now:
        raise Unacceptable("must not lie in the past", field="effective_at")
    if not reason.strip():
        raise Unacceptable("a reason is required", field="reason")


def _jumps(before: int, after: int) -> bool:
    return abs(after - before) * 100 > before * MOST_CHANGE_PERCENT
