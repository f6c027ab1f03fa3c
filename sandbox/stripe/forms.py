"""Stripe's form encoding: `a[b][]=1&a[c]=2` is `{"a": {"b": ["1"], "c": "2"}}`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import Invalid

PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 8


def parse(text: str) -> dict[str, Any]:
    """Nested parameters; lists come from `[]` and from `[0]`, `[1]`. Raises Invalid."""
    tree: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as error:
        raise Invalid("Invalid request (could not parse parameters)") from error
    for name, value in pairs:
        insert(tree, steps_of(name), value)
    return {name: with_lists(value) for name, value in tree.items()}


def steps_of(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    steps = PART.findall(bracket + rest)
    if not head or "".join(f"[{step}]" for step in steps) != bracket + rest or len(steps) > DEEPEST:
        raise Invalid(f"Invalid parameter name: {name[:100]}")
    return [head, *steps]


def insert(tree: dict[str, Any], steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        child = tree.setdefault(number_of(tree, step), {})
        if not isinstance(child, dict):
            raise Invalid(f"Invalid parameter: {step} is both a value and a hash")
        tree = child
    tree[number_of(tree, steps[-1])] = value


def number_of(tree: dict[str, Any], step: str) -> str:
    """`[]` counts on; every other step is what it says."""
    return str(len(tree)) if step == "" else step


def with_lists(value: Any) -> Any:
    """Turn hashes whose keys are 0, 1, 2 … into lists."""
    if not isinstance(value, dict):
        return value
    values = {name: with_lists(child) for name, child in value.items()}
    if values and list(values) == [str(index) for index in range(len(values))]:
        return list(values.values())
    return values
