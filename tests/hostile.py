"""Hostile variants of a valid JSON body: what every endpoint must refuse without a trace."""

import copy
import gzip
import json
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

# Values that are no whole number from 0 up, whatever a lenient reader makes of them.
NOT_INTEGERS: dict[str, Any] = {
    "a boolean": True,
    "a float": 1.0,
    "a fraction": 0.5,
    "a string": "1",
    "a full-width digit": "\uff11",
    "a digit group": "1_000",
    "null": None,
    "minus one": -1,
    "ten to the thirty": 10**30,
    "two to the 63": 2**63,
    "a list": [1],
    "an object": {"value": 1},
}
# Texts that PostgreSQL cannot store, or that nobody means.
NOT_TEXTS: dict[str, Any] = {
    "NUL in a text": "a\x00b",
    "a lone surrogate": "\ud800",
    "an endless text": "x" * 50_000,
    "an empty text": "",
    "a number for a text": 7,
    "null for a text": None,
}
# JSON that is not JSON, put where an integer belongs.
LITERALS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "5,000 digits": "9" * 5000,
    "a leading zero": "01",
    "a plus": "+1",
    "a bare point": ".5",
    "a hexadecimal number": "0x1F",
    "a number of JavaScript": "1n",
    "a minus alone": "-",
    "a constant of Python": "True",
    "undefined": "undefined",
    "an unknown escape": r'"\x41"',
    "half an escape": r'"\u00"',
    "a raw line break": '"a\nb"',
    "a raw tab": '"a\tb"',
    "a comment": "/* 1 */ 1",
    "a line comment": "1 // one\n",
    "a comma too many": "[1,]",
    "a missing comma": "[1 2]",
    "a nested list": "[" * 100_000 + "]" * 100_000,
    "a nested object": '{"a":' * 100_000 + "1" + "}" * 100_000,
}
# JSON that is a number, and no whole one in any writing.
FLOATS = {
    "an overflowing float": "1e999",
    "an exponent": "1e3",
    "an exponent without end": "1e" + "9" * 400,
    "a fraction that is whole": "1.000",
}
BODIES = {
    "nothing": b"",
    "100,000 brackets": b"[" * 100_000,
    "100,000 braces": b'{"a":' * 100_000,
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "half an object": b'{"request_id": ',
    "two objects": b"{}{}",
    "bytes that are not UTF-8": b'{"model": "\xff"}',
    "UTF-16": "{}".encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a raw NUL": b'{"model": "\x00"}',
    "single quotes": b"{'a': 1}",
    "names without quotes": b"{a: 1}",
    "a comma too many": b'{"a": 1,}',
    "a NUL behind": b"{}\x00",
    "a NUL before": b"\x00{}",
    "an end too many": b"{}}",
    "a name twice, once escaped": rb'{"model": 1, "\u006dodel": 2}',
    "a name twice, far inside": b'{"x": [{"y": {"z": 1, "z": 1}}]}',
    "blanks without end": b" " * 65_000,
    "UTF-32": "{}".encode("utf-32"),
    "an overlong encoding": b'{"model": "\xc0\xaf"}',
    "half a surrogate pair in UTF-8": b'{"model": "\xed\xa0\x80"}',
    "compressed": gzip.compress(b"{}"),
    "a number": b"1",
    "a separator of records": b"\x1e{}\n",
}
# JSON objects in which nothing is known.
OBJECTS = {
    "an empty object": b"{}",
    "an endless name": b'{"' + b"x" * 60_000 + b'": 1}',
    "9,000 names": b"{" + b",".join(b'"%d":0' % n for n in range(9000)) + b"}",
    "an object of JavaScript": b'{"__proto__": {"admin": true}}',
}


def variants(body: dict[str, Any], *, integer: Path | None, text: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each variant; `integer` and `text` say where the body has one."""
    yield from (BODIES | OBJECTS).items()
    yield "10 MB", _dumped(_with(body, text, "x" * 10_000_000))
    yield "a field twice", _twice(body)
    yield "an unknown field", _dumped(body | {"surprise": 1})
    yield "an unknown field with a hostile name", _dumped(body | {"\x00\ud800" + "x" * 10_000: 1})
    for name in body:
        yield f"no {name}", _dumped({key: value for key, value in body.items() if key != name})
    for name, value in NOT_TEXTS.items():
        yield name, _dumped(_with(body, text, value))
    if integer:
        yield "an unknown field inside", _dumped(_with(body, (*integer[:-1], "surprise"), 1))
        for name, value in NOT_INTEGERS.items():
            yield f"{name} for an integer", _dumped(_with(body, integer, value))
    for name, literal in (LITERALS | FLOATS).items():
        marked = _dumped(_with(body, integer or text, "MARK"))
        yield f"{name} for a value", marked.replace(b'"MARK"', literal.encode())


def _with(body: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def _twice(body: dict[str, Any]) -> bytes:
    name = next(iter(body))
    return b"{" + json.dumps(name).encode() + b":1," + _dumped(body)[1:]


def _dumped(body: Any) -> bytes:
    return json.dumps(body).encode()
