"""Amounts of money as they cross the API: decimal strings in, integer nanos out, and back.

The canonical text is the shortest plain one: no exponent, no trailing zeros, no point without a fraction
("0.000629046", "12.5", "3").
"""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework.fields import Field

from catalog.decimals import format_fixed, parse_fixed

PLACES: Final = 9
NANOS_PER_USD: Final = 10**PLACES
# What a BIGINT holds.
MOST_NANOS: Final = 2**63 - 1

_AMOUNT: Final = r"[0-9]{1,10}(\.[0-9]{1,9})?"
USD_SCHEMA: Final = {
    "type": "string",
    "pattern": f"^-?{_AMOUNT}$",
    "description": "US dollars as a plain decimal with up to 9 places.",
    "example": "0.000629046",
}
# What comes in is never negative.
USD_GIVEN_SCHEMA: Final = {**USD_SCHEMA, "pattern": f"^{_AMOUNT}$"}


def format_usd(nanos: int) -> str:
    return format_fixed(nanos, PLACES, strip=True)


def parse_usd(text: str, *, maximum: int = MOST_NANOS) -> int:
    """Read a non-negative amount as nanos; ValueError on more than 9 places and on anything but a decimal."""
    return parse_fixed(text, PLACES, maximum)


@extend_schema_field(USD_SCHEMA)
class UsdField(Field[int, str, str, int]):
    """Nanos in the code, a decimal string in JSON; a number is refused, because JSON numbers are floats."""

    default_error_messages = {"invalid": "must be an amount in US dollars as a string: {reason}"}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not str:
            self.fail("invalid", reason="not a string")
        try:
            return parse_usd(data)
        except ValueError as error:
            self.fail("invalid", reason=str(error))

    def to_representation(self, value: int) -> str:
        return format_usd(value)
