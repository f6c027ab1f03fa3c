"""How customers see money: to the cent, never more than there is, and exact where they point at it."""

from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.money import NANOS_PER_USD, format_usd
from billing.services.top_ups import offers
from catalog.decimals import format_fixed

_NANOS_PER_CENT: Final = NANOS_PER_USD // 100
_NANOS_PER_MICRO: Final = 1_000
_SIGNS: Final = {"USD": "$", "CNY": "¥"}


def usd(nanos: int) -> SafeString:
    """To the cent and below a cent to six places, both cut and not rounded; the title is exact."""
    sign = "-" if nanos < 0 else ""
    title = f"{sign}${format_usd(abs(nanos))}"
    return format_html('<span class="money" title="{}">{}</span>', title, plain(nanos))


def plain(nanos: int) -> str:
    """The same as text, where nothing can be pointed at."""
    return f"{'-' if nanos < 0 else ''}{_short(abs(nanos))}"


def paid(minor: int, currency: str) -> str:
    """What a customer pays, in the currency that it is paid in."""
    whole, _, fraction = offers.shown(minor, currency).partition(".")
    return f"{_SIGNS[currency]}{int(whole):,}.{fraction}"


def typed(minor: int, currency: str) -> str:
    """An amount as somebody would type it: "20", or "20.50"."""
    return offers.shown(minor, currency).removesuffix(".00")


def rate(cny_per_usd_micros: int) -> str:
    """At least two places, as rates are written: "7.20"."""
    whole, _, fraction = format_fixed(cny_per_usd_micros, 6, strip=True).partition(".")
    return f"{whole}.{fraction:0<2}"


def _short(nanos: int) -> str:
    if 0 < nanos < _NANOS_PER_MICRO:
        return f"${format_usd(nanos)}"
    if 0 < nanos < _NANOS_PER_CENT:
        return f"${format_fixed(nanos // _NANOS_PER_MICRO, 6)}"
    whole, cents = divmod(nanos // _NANOS_PER_CENT, 100)
    return f"${whole:,}.{cents:02}"
