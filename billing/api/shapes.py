"""Shapes of single values in request bodies: each checks one strictly and describes itself for OpenAPI.

Nothing is converted that is not meant: true is no number, "1" is no number, 1.0 is no whole number, and a
field that is not given is left out instead of null.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from billing import money, request_ids
from billing.errors import Unacceptable

Schema = dict[str, Any]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# PostgreSQL stores neither.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Shape(Protocol):
    """`read` returns the value as the code wants it, or raises `Unacceptable`.

    `read_all` returns what `read` returns for each value, and raises where `read` would for any of them. A
    shape that many events have does so with a few calls for all; which value is wrong, `read` says.
    """

    def read(self, value: object, /) -> Any: ...
    def schema(self) -> Schema: ...

    def read_all(self, values: Sequence[Any], /) -> Sequence[Any]:
        return [self.read(value) for value in values]


@dataclass(frozen=True)
class Integer(Shape):
    minimum: int
    maximum: int
    description: str = ""

    def read(self, value: object) -> int:
        if type(value) is not int:
            raise Unacceptable("must be a whole number")
        if not self.minimum <= value <= self.maximum:
            raise Unacceptable(f"must be from {self.minimum} to {self.maximum}")
        return value

    def read_all(self, values: Sequence[Any]) -> Sequence[int]:
        if all_are(int, values) and self.minimum <= min(values) and max(values) <= self.maximum:
            return values
        return [self.read(value) for value in values]

    def schema(self) -> Schema:
        schema: Schema = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        if self.maximum > 2**31 - 1:
            schema["format"] = "int64"
        return _described(schema, self.description)


@dataclass(frozen=True)
class Text(Shape):
    maximum: int
    description: str = ""

    def read(self, value: object) -> str:
        if type(value) is not str:
            raise Unacceptable("must be a string")
        if not 1 <= len(value) <= self.maximum:
            raise Unacceptable(f"must have from 1 to {self.maximum} characters")
        if not (value.isascii() and "\x00" not in value) and _UNSTORABLE.search(value):
            raise Unacceptable("must not contain NUL or half of a surrogate pair")
        return value

    def read_all(self, values: Sequence[Any]) -> Sequence[str]:
        for value in _distinct_texts(values):
            self.read(value)
        return values

    def schema(self) -> Schema:
        return _described({"type": "string", "minLength": 1, "maxLength": self.maximum}, self.description)


@dataclass(frozen=True)
class Choice(Shape):
    values: Sequence[str]
    description: str = ""

    def read(self, value: object) -> str:
        if type(value) is not str or value not in self.values:
            raise Unacceptable(f"must be one of {', '.join(self.values)}")
        return value

    def read_all(self, values: Sequence[Any]) -> Sequence[str]:
        for value in _distinct_texts(values):
            self.read(value)
        return values

    def schema(self) -> Schema:
        return _described({"type": "string", "enum": list(self.values)}, self.description)


@dataclass(frozen=True)
class Flag(Shape):
    description: str = ""

    def read(self, value: object) -> bool:
        if type(value) is not bool:
            raise Unacceptable("must be true or false")
        return value

    def schema(self) -> Schema:
        return _described({"type": "boolean"}, self.description)


class RequestId(Shape):
    def read(self, value: object) -> UUID:
        return request_ids.parse(value, field="")

    def read_all(self, values: Sequence[Any]) -> Sequence[UUID]:
        return request_ids.parse_all(values, field="")

    def schema(self) -> Schema:
        return {**request_ids.SCHEMA}


class Digest(Shape):
    """The SHA-256 of an API key."""

    def read(self, value: object) -> bytes:
        if type(value) is not str or not _DIGEST.fullmatch(value):
            raise Unacceptable("must be a SHA-256 digest in 64 lower-case hexadecimal digits")
        return bytes.fromhex(value)

    def read_all(self, values: Sequence[Any]) -> Sequence[bytes]:
        if all_are(str, values) and all(map(_DIGEST.fullmatch, values)):
            return list(map(bytes.fromhex, values))
        return [self.read(value) for value in values]

    def schema(self) -> Schema:
        return _described(
            {"type": "string", "pattern": f"^{_DIGEST.pattern}$"},
            "SHA-256 of the whole API key, hexadecimal.",
        )


@dataclass(frozen=True)
class Usd(Shape):
    description: str = ""

    def read(self, value: object) -> int:
        if type(value) is not str:
            raise Unacceptable("must be an amount in US dollars as a string")
        try:
            return money.parse_usd(value)
        except ValueError as error:
            raise Unacceptable(str(error)) from None

    def schema(self) -> Schema:
        return _described({**money.USD_GIVEN_SCHEMA}, self.description)


class Moment(Shape):
    def read(self, value: object) -> datetime:
        if type(value) is str and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise Unacceptable("must be a moment in ISO 8601 with its zone, as 2026-11-23T12:00:00Z")

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


def all_are(kind: type, values: Sequence[object]) -> bool:
    """Whether each value is of exactly this type, and there is one."""
    return set(map(type, values)) == {kind}


def _distinct_texts(values: Sequence[Any]) -> Iterable[Any]:
    """The values with each text once, or all of them where one is no text."""
    return set(values) if all_are(str, values) else values


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema
