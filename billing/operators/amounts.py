"""How the admin site shows money and moments: nine places under one another, and UTC named."""

from datetime import datetime

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.money import PLACES
from catalog.decimals import format_fixed

NOTHING = "-"
PICO_PLACES = 12


def usd(nanos: int | None) -> SafeString | str:
    """All nine places, so that amounts in a column stand under one another to the nano."""
    if nanos is None:
        return NOTHING
    whole, _, fraction = format_fixed(abs(nanos), PLACES).partition(".")
    sign = "-" if nanos < 0 else ""
    return format_html('<span class="amount">{}</span>', f"{sign}{int(whole):,}.{fraction}")


def usd_of_picos(picos: int) -> SafeString:
    """Twelve places: what a line of a charge amounts to before the sum is rounded."""
    return format_html('<span class="amount">{}</span>', format_fixed(picos, PICO_PLACES))


def count(number: int | None) -> SafeString | str:
    return NOTHING if number is None else format_html('<span class="amount">{}</span>', f"{number:,}")


def at(moment: datetime | None) -> str:
    return NOTHING if moment is None else formats.date_format(moment, "DATETIME_FORMAT")
