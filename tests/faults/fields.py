"""Every numeric field of every request that the OpenAPI document describes, found by walking it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing import money
from tests.hostile import Path

# What a number that is too large, or is none, looks like in JSON.
TOO_MUCH: dict[str, Any] = {
    "2^31": 2**31,
    "2^53 + 1": 2**53 + 1,
    "2^63 - 1": 2**63 - 1,
    "2^63": 2**63,
    "10^30": 10**30,
    "minus 2^63": -(2**63),
}


@dataclass(frozen=True)
class NumericField:
    """Where a body has a number; `is_amount`: as a decimal string."""

    operation: str
    path: Path
    is_amount: bool

    def __str__(self) -> str:
        return f"{self.operation} {'.'.join(map(str, self.path))}"

    def within(self, body: dict[str, Any], value: Any) -> dict[str, Any]:
        """The same body with `value` in this field, with the objects around it where it had none."""
        changed = copy.deepcopy(body)
        inner: Any = changed
        for step in self.path[:-1]:
            inner = inner[step] if isinstance(step, int) else inner.setdefault(step, {})
        inner[self.path[-1]] = value
        return changed


def in_bodies(document: dict[str, Any]) -> Iterator[NumericField]:
    for address, methods in document["paths"].items():
        for operation in methods.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                yield from _walk(address, body["schema"], ())


def in_queries(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Address and name of each whole number in a query."""
    for address, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query" and parameter["schema"]["type"] == "integer":
                yield address, parameter["name"]


def _walk(operation: str, schema: dict[str, Any], path: Path) -> Iterator[NumericField]:
    match schema["type"]:
        case "object":
            for name, member in schema["properties"].items():
                yield from _walk(operation, member, (*path, name))
        case "array":
            yield from _walk(operation, schema["items"], (*path, 0))
        case "integer" | "number":
            yield NumericField(operation, path, is_amount=False)
        case "string" if schema.get("pattern") == money.USD_GIVEN_SCHEMA["pattern"]:
            yield NumericField(operation, path, is_amount=True)
