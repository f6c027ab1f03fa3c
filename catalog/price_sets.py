"""A price set before it becomes a version: what it must hold, and how two of them differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from catalog.decimals import format_fixed
from catalog.errors import PriceRefused
from catalog.rating import METERS

PRICE_PLACES = 6
# USD 1 per unit: what is above is a slip of the decimal point.
MAX_PICOS = 10**12


@dataclass(frozen=True, slots=True)
class MeterPrice:
    """Our price and the provider's own of one meter, in 10^-12 USD per unit."""

    meter: str
    picos: int
    official_picos: int | None = None


@dataclass(frozen=True, slots=True)
class PriceSet:
    prices: tuple[MeterPrice, ...]
    source: str
    official_as_of_date: date | None = None
    note: str = ""

    @property
    def picos(self) -> tuple[int | None, ...]:
        """Own rates in the order of METERS, as PriceSheet takes them."""
        by_meter = {price.meter: price.picos for price in self.prices}
        return tuple(by_meter.get(meter) for meter in METERS)


def check(prices: Iterable[MeterPrice]) -> None:
    """Raise PriceRefused unless every meter is known and priced once, input and output among them."""
    seen = set()
    for price in prices:
        if price.meter not in METERS:
            raise PriceRefused(f"{price.meter} is not a meter; the meters are {', '.join(METERS)}")
        if price.meter in seen:
            raise PriceRefused(f"{price.meter} is priced twice")
        seen.add(price.meter)
        _check_amount(price)
    missing = [meter for meter in ("input", "output") if meter not in seen]
    if missing:
        raise PriceRefused(f"no price for {' and '.join(missing)}")


def _check_amount(price: MeterPrice) -> None:
    if not 1 <= price.picos <= MAX_PICOS:
        raise PriceRefused(f"{price.meter} costs {usd_per_million(price.picos)}, which is out of range")
    official = price.official_picos
    if official is not None and not price.picos <= official <= MAX_PICOS:
        ours, theirs = usd_per_million(price.picos), usd_per_million(official)
        raise PriceRefused(f"{price.meter} costs {ours}, above the provider's own {theirs}")


def usd_per_million(picos: int) -> str:
    """Write a price per unit as USD per 1M units, as on every price list."""
    return format_fixed(picos, PRICE_PLACES, strip=True)


def largest_move(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[str, Fraction] | None:
    """Return the meter whose effective price moves most, up or down, with its factor (at least 1).

    Meters unpriced on one side are left out: they do not move, they come or go.
    """
    moves = [
        (meter, max(Fraction(after, before), Fraction(before, after)))
        for meter, before, after in zip(METERS, old, new, strict=True)
        if before and after
    ]
    return max(moves, key=lambda move: move[1], default=None)
