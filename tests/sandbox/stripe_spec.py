"""Stripe's own OpenAPI description, as its stripe-mock carries it: the judge of the stand-in's answers."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.billing.payments.stripe_mock import MODULE

PATIENCE_S = 600


def load() -> "Spec":
    """Read the description; skips where there is no Go to fetch it with."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Stripe's OpenAPI description comes by Go's module proxy, and Go is not installed")
    try:
        fetched = subprocess.run(  # noqa: S603 - a module of Stripe's, pinned
            [go, "mod", "download", "-json", MODULE],
            env={**os.environ, "GOFLAGS": "-mod=mod"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"Stripe's OpenAPI description did not come within {PATIENCE_S} s")
    if fetched.returncode:
        pytest.skip(f"Stripe's OpenAPI description cannot be fetched here: {fetched.stderr.strip()[-300:]}")
    folder = Path(json.loads(fetched.stdout)["Dir"])
    return Spec(json.loads((folder / "embedded/openapi/spec3.json").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Spec:
    document: dict[str, Any]

    @cached_property
    def schemas(self) -> dict[str, Any]:
        return {name: strict(schema) for name, schema in self.document["components"]["schemas"].items()}

    def complaints(self, answer: dict[str, Any]) -> list[str]:
        """What Stripe's description says against an object: absent, mistyped or invented fields."""
        root = {"$ref": f"#/components/schemas/{answer['object']}", "components": {"schemas": self.schemas}}
        validator = jsonschema_rs.validator_for(root)
        return [f"{error.instance_path}: {error.message[:300]}" for error in validator.iter_errors(answer)]

    def path_like(self, path: str) -> str:
        """The description's own writing of a path, whose ids have other names."""
        (found,) = [one for one in self.document["paths"] if nameless(one) == nameless(path)]
        return str(found)

    def parameters(self, method: str, path: str) -> set[str]:
        """The names of the parameters that Stripe takes there."""
        operation = self.document["paths"][path][method.lower()]
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            named |= set(content["schema"].get("properties", {}))
        return named


def nameless(path: str) -> str:
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))


def strict(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, and unknown properties are refused."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(one) for name, one in schema.items() if not name.startswith("x-")}
    if "properties" in schema:
        made["properties"] = {name: strict(one) for name, one in schema["properties"].items()}
        if schema.get("type") == "object":
            made.setdefault("additionalProperties", False)
    if made.pop("nullable", False):
        return {"anyOf": [made, {"type": "null"}]}
    return made
