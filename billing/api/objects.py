"""Shapes of objects and lists in request bodies, made of the shapes of what is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.api.shapes import Schema, Shape, all_are
from billing.api.strict import TooLarge, echoed
from billing.errors import Unacceptable


class Object(Shape):
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

    def columns(self, values: Sequence[Any]) -> dict[str, Any]:
        """Read objects all at once, into one column for each member, with None where it was not given.

        A required object inside becomes columns itself. Raises `Unacceptable` where `read` would for any of
        them, without telling which.
        """
        if values and not all_are(dict, values):
            raise Unacceptable("must be objects")
        for names in set(map(tuple, values)):
            if not self._required <= set(names) <= self._shapes.keys():
                raise Unacceptable("must have known members only, and all that are required")
        return {name: self._column(name, values) for name in self._shapes}

    def _column(self, name: str, values: Sequence[Any]) -> Any:
        shape = self._shapes[name]
        given = [value[name] for value in values if name in value]
        if isinstance(shape, Object) and name in self._required:
            return shape.columns(given)
        if not given:
            return [None] * len(values)
        read = shape.read_all(given)
        if len(given) == len(values):
            return read
        following = iter(read)
        return [next(following) if name in value else None for value in values]

    def schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self._shapes.items()},
            "additionalProperties": False,
        }
        if self._required:
            schema["required"] = [name for name in self._shapes if name in self._required]
        return schema


@dataclass(frozen=True)
class Batch(Shape):
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
