"""Query parameters, read as strictly as bodies: each is known, given once, and of its shape."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from billing.api.strict import echoed
from billing.errors import Unacceptable

MOST_FIELDS: Final = 20

_DIGITS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

Read = Callable[[str], Any]


def read(query_string: str, parameters: Mapping[str, Read]) -> dict[str, Any]:
    """Read the parameters that are given; raises `Unacceptable`, with the parameter's name as its field."""
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Unacceptable("is too long, or no text", field="query") from None
    values: dict[str, Any] = {}
    for name, text in pairs:
        if name not in parameters:
            raise Unacceptable("is not a known parameter", field=echoed(name))
        if name in values:
            raise Unacceptable("is given twice", field=name)
        try:
            values[name] = parameters[name](text)
        except Unacceptable as error:
            error.extra.setdefault("field", name)
            raise
    return values


def an_id(text: str) -> UUID:
    if not _UUID.fullmatch(text):
        raise Unacceptable("must be an id: a UUID in lower case")
    return UUID(text)


def a_day(text: str) -> date:
    """A UTC day, as 2026-11-24."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise Unacceptable("must be a day, as 2026-11-24")


def a_number(minimum: int, maximum: int) -> Read:
    def number(text: str) -> int:
        if _DIGITS.fullmatch(text) and minimum <= int(text) <= maximum:
            return int(text)
        raise Unacceptable(f"must be a whole number from {minimum} to {maximum}")

    return number
