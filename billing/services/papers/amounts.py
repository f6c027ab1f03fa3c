"""Amounts and moments as papers show them: exact, and never with fewer places than the currency has."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from billing.payments import currencies
from catalog.decimals import format_fixed

SIGNS: Final = {"USD": "$", "CNY": "¥"}
_NANOS: Final = 9
_CENTS: Final = 2


def minor(amount: int, currency: str) -> str:
    """Cents or fen, as `$20.00` or `¥100.00`."""
    text = format_fixed(amount, currencies.places(currency), strip=False)
    return _signed(_grouped(text), SIGNS.get(currency, f"{currency} "))


def usd(nanos: int, *, places: int | None = None) -> str:
    """Dollars with `places`, or with as few as are exact."""
    return _signed(plain_usd(nanos, places=places), SIGNS["USD"])


def cents(nanos: int) -> str:
    """Dollars to the cent, rounded down: nobody is told of more than there is."""
    cent = 10 ** (_NANOS - _CENTS)
    return usd(nanos // cent * cent)


def plain_usd(nanos: int, *, places: int | None = None) -> str:
    """The same without a sign of the currency, for columns that name it in their heading."""
    shown = places_of([nanos]) if places is None else places
    unit = 10 ** (_NANOS - shown)
    assert nanos % unit == 0, "an amount on a paper is exact"
    return _grouped(format_fixed(nanos // unit, shown, strip=False))


def places_of(amounts: Iterable[int]) -> int:
    """How many places show all of these nanos exactly, at least those of a cent."""
    shown = _CENTS
    for nanos in amounts:
        while nanos % 10 ** (_NANOS - shown):
            shown += 1
    return shown


def rate(cny_per_usd_micros: int) -> str:
    text = format_fixed(cny_per_usd_micros, 6, strip=True)
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.ljust(_CENTS, '0')}"


def day(moment: str | datetime) -> str:
    return _utc(moment).strftime("%Y-%m-%d")


def minute(moment: str | datetime) -> str:
    return _utc(moment).strftime("%Y-%m-%d %H:%M UTC")


def _utc(moment: str | datetime) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)


def _grouped(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    whole, point, rest = text.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def _signed(text: str, sign: str) -> str:
    return f"-{sign}{text[1:]}" if text.startswith("-") else f"{sign}{text}"
