"""What parameters a call takes: unknown ones are refused, and strings become the types they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.stripe.errors import Invalid

WHOLE = re.compile(r"-?[0-9]{1,18}")
FLAGS = {"true": True, "false": False}


class Kind(Protocol):
    def read(self, value: Any, param: str) -> Any:
        """The value as what it is; raises Invalid and names `param`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    longest: int = 5000

    def read(self, value: Any, param: str) -> str | None:
        if not isinstance(value, str):
            raise Invalid(f"Invalid string: {value}", param=param)
        if len(value) > self.longest:
            message = f"Invalid string: {value[:30]}…; must be at most {self.longest} characters"
            raise Invalid(message, param=param)
        return value or None


@dataclass(frozen=True, slots=True)
class Whole:
    least: int = -(10**12)
    most: int = 10**12

    def read(self, value: Any, param: str) -> int:
        if not isinstance(value, str) or not WHOLE.fullmatch(value):
            raise Invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
        number = int(value)
        if number < self.least:
            message = f"This value must be greater than or equal to {self.least}."
            raise Invalid(message, code="parameter_invalid_integer", param=param)
        if number > self.most:
            message = f"This value must be less than or equal to {self.most}."
            raise Invalid(message, code="parameter_invalid_integer", param=param)
        return number


@dataclass(frozen=True, slots=True)
class Flag:
    def read(self, value: Any, param: str) -> bool:
        if not isinstance(value, str) or value not in FLAGS:
            raise Invalid(f"Invalid boolean: {value}", param=param)
        return FLAGS[value]


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def read(self, value: Any, param: str) -> str:
        if value not in self.words:
            raise Invalid(f"Invalid {param}: must be one of {', '.join(self.words)}", param=param)
        return str(value)


@dataclass(frozen=True, slots=True)
class Metadata:
    """At most 50 keys of 40 characters with values of 500; an empty value unsets its key."""

    def read(self, value: Any, param: str) -> dict[str, str]:
        if value == "":
            return {}
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise Invalid("Invalid hash", param=param)
        if len(value) > 50 or any(len(key) > 40 or len(text) > 500 for key, text in value.items()):
            message = "Metadata can have up to 50 keys of 40 characters with values of 500 characters."
            raise Invalid(message, param=param)
        return {key: text for key, text in value.items() if text}


@dataclass(frozen=True, slots=True)
class Many:
    item: Kind
    most: int = 100

    def read(self, value: Any, param: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > self.most:
            raise Invalid("Invalid array", param=param)
        return [self.item.read(one, f"{param}[{index}]") for index, one in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Shape:
    """A hash of named values; the names of the `required` ones must be there."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...] = ()

    def read(self, value: Any, param: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Invalid("Invalid object", param=param)
        inside = (lambda name: f"{param}[{name}]") if param else str
        for name in value:
            if name not in self.fields:
                unknown = f"Received unknown parameter: {inside(name)}"
                raise Invalid(unknown, code="parameter_unknown", param=inside(name))
        for name in self.required:
            if value.get(name) in (None, ""):
                missing = f"Missing required param: {inside(name)}."
                raise Invalid(missing, code="parameter_missing", param=inside(name))
        return {name: self.fields[name].read(one, inside(name)) for name, one in value.items()}


@dataclass(frozen=True, slots=True)
class Range:
    """A moment, or bounds of one: `created=1` or `created[gte]=1`."""

    def read(self, value: Any, param: str) -> dict[str, int]:
        if isinstance(value, dict):
            bounds = dict.fromkeys(("gt", "gte", "lt", "lte"), Whole(least=0))
            return Shape(bounds).read(value, param)
        moment = Whole(least=0).read(value, param)
        return {"gte": moment, "lte": moment}


CURRENCY = OneOf(("usd", "eur", "cny"))
EXPAND: Kind = Many(Text(), most=20)
LISTING: dict[str, Kind] = {
    "limit": Whole(least=1, most=100),
    "starting_after": Text(),
    "ending_before": Text(),
    "expand": EXPAND,
}
