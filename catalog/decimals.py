"""Integers as decimal strings and back: exact, ASCII only, without a float in between."""

import re
from functools import lru_cache


def format_fixed(value: int, places: int, *, strip: bool = False) -> str:
    """Write `value` units of 10^-places, as "0.000629046"; `strip` drops trailing zeros."""
    whole, fraction = divmod(abs(value), 10**places)
    digits = f"{fraction:0{places}d}" if places else ""
    if strip:
        digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def parse_fixed(text: str, places: int, maximum: int) -> int:
    """Read a plain non-negative decimal as units of 10^-places, at most `maximum`.

    Raises ValueError on signs, exponents, blanks, other scripts' digits and excess places.
    """
    match = _pattern(places, len(str(maximum // 10**places))).fullmatch(text)
    if match is None:
        raise ValueError(f"must be a plain decimal number with at most {places} places")
    fraction: str = match["fraction"] or ""
    value = int(match["whole"] + fraction.ljust(places, "0"))
    if value > maximum:
        raise ValueError(f"must be at most {format_fixed(maximum, places, strip=True)}")
    return value


@lru_cache(maxsize=32)
def _pattern(places: int, whole_digits: int) -> re.Pattern[str]:
    fraction = rf"(?:\.(?P<fraction>[0-9]{{1,{places}}}))?" if places else r"(?P<fraction>)"
    return re.compile(rf"(?P<whole>[0-9]{{1,{whole_digits}}}){fraction}")
