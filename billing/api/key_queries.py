"""The query of `key-events`, as both processes that answer it read it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from billing.api.strict import echoed
from billing.errors import Unacceptable

LONGEST_WAIT_S = 30
LAST_POSITION = 2**63 - 1

_DIGITS = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class KeyEventsQuery:
    """`after` is None for a reader that starts; `wait_s` is how long to wait for an event."""

    after: int | None
    wait_s: int


def read(query_string: bytes | str) -> KeyEventsQuery:
    """Read `after` and `wait_s`; raises `Unacceptable` on anything else."""
    text = query_string.decode("latin-1") if isinstance(query_string, bytes) else query_string
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise Unacceptable("there are too many of them", field="query") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in {"after", "wait_s"}:
            raise Unacceptable("is not a known parameter", field=echoed(name))
        if name in given:
            raise Unacceptable("is given twice", field=name)
        given[name] = value

    after = _number("after", given["after"], LAST_POSITION) if "after" in given else None
    return KeyEventsQuery(after, _number("wait_s", given.get("wait_s", "0"), LONGEST_WAIT_S))


def _number(name: str, text: str, maximum: int) -> int:
    if _DIGITS.fullmatch(text) and int(text) <= maximum:
        return int(text)
    raise Unacceptable(f"must be a whole number from 0 to {maximum}", field=name)
