"""Shapes of request bodies: each checks a value strictly and describes itself to the OpenAPI document.

Nothing is converted that is not meant: true is no number, "1" is no number, 1.0 is no whole number, and a
field that is not given is left out instead of null.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from billing import money, request_ids
from billing.api.strict import TooLarge, echoed
from billing.errors import Unacceptable

Schema = dict[str, Any]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# PostgreSQL stores neither.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Shape(Protocol):
    """`read` returns the value as the code wants it, or raises `Unacceptable`."""

    def read(self, value: object, /) -> Any: ...
    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Integer:
    minimum: int
    maximum: int
    description: str = ""

    def read(self, value: object) -> int:
        if type(value) is not int:
            raise Unacceptable("must be a whole number")
        if not self.minimum <= value <= self.maximum:
            raise Unacceptable(f"must be from {self.minimum} to {self.maximum}")
        return value

    def schema(self) -> Schema:
        schema: Schema = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        if self.maximum > 2**31 - 1:
            schema["format"] = "int64"
        return _described(schema, self.description)


@dataclass(frozen=True, slots=True)
class Text:
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

    def schema(self) -> Schema:
        return _described({"type": "string", "minLength": 1, "maxLength": self.maximum}, self.description)


@dataclass(frozen=True, slots=True)
class Choice:
    values: Sequence[str]
    description: str = ""

    def read(self, value: object) -> str:
        if type(value) is not str or value not in self.values:
            raise Unacceptable(f"must be one of {', '.join(self.values)}")
        return value

    def schema(self) -> Schema:
        return _described({"type": "string", "enum": list(self.values)}, self.description)


class RequestId:
    def read(self, value: object) -> UUID:
        return request_ids.parse(value, field="")

    def schema(self) -> Schema:
        return {**request_ids.SCHEMA}


class Digest:
    """The SHA-256 of an API key."""

    def read(self, value: object) -> bytes:
        if type(value) is not str or not _DIGEST.fullmatch(value):
            raise Unacceptable("must be a SHA-256 digest in 64 lower-case hexadecimal digits")
        return bytes.fromhex(value)

    def schema(self) -> Schema:
        return _described(
            {"type": "string", "pattern": f"^{_DIGEST.pattern}$"},
            "SHA-256 of the whole API key, hexadecimal.",
        )


@dataclass(frozen=True, slots=True)
class Usd:
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


class Moment:
    def read(self, value: object) -> datetime:
        if type(value) is str and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise Unacceptable("must be a moment in ISO 8601 with its zone, as 2026-11-23T12:00:00Z")

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


class Object:
    """Exactly these members; what is wrong inside one is reported under its dotted name."""

    def __init__(self, required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> None:
        self._shapes = {**required, **(optional or {})}
        self._required = frozenset(required)
        self._reads = {name: shape.read for name, shape in self._shapes.items()}

    def read(self, value: object) -> dict[str, Any]:
        """Return the members that were given, each as its own shape reads it."""
        if type(value) is not dict:
            raise Unacceptable("must be an object")
        members = {}
        for name, item in value.items():
            read = self._reads.get(name)
            if read is None:
                raise Unacceptable("is not a known field", field=echoed(name))
            try:
                members[name] = read(item)
            except Unacceptable as error:
                raise within(error, name) from None
        if not self._required.issubset(members):
            missing = next(name for name in self._shapes if name in self._required and name not in members)
            raise Unacceptable("is missing", field=missing)
        return members

    def schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self._shapes.items()},
            "additionalProperties": False,
        }
        if self._required:
            schema["required"] = [name for name in self._shapes if name in self._required]
        return schema


@dataclass(frozen=True, slots=True)
class Batch:
    """A list whose items are judged one by one by whoever reads it."""

    item: Shape
    maximum: int

    def read(self, value: object) -> list[Any]:
        if type(value) is not list:
            raise Unacceptable("must be a list")
        if not value:
            raise Unacceptable("must not be empty")
        if len(value) > self.maximum:
            raise TooLarge(f"there may be at most {self.maximum}")
        return value

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), "minItems": 1, "maxItems": self.maximum}


def within(error: Unacceptable, name: str) -> Unacceptable:
    """The same error, seen from the object that has the wrong value as its member `name`."""
    inner = error.extra.get("field")
    error.extra["field"] = f"{name}.{inner}" if inner else name
    return error


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema
