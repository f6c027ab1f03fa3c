"""docker-compose.yml as Compose reads it: with its variables replaced."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"

# Ours, which `make run` starts as well; and those that end when they have done their work.
RUNNING = ("web", "key-events", "worker", "beat")
ENGINES = ("postgres", "valkey")
ONCE = ("roles", "set-up")
OURS = (*RUNNING, "set-up")

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


def document(values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file; a variable without value and default is replaced by its own name."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text())
    replaced: dict[str, Any] = _replaced(read, values or {})
    return replaced


def services(values: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document(values)["services"]
    return found


def variables() -> set[str]:
    """What the file takes from `.env`: replaced in its text, or passed on by name alone."""
    replaced = {match["name"] for match in _VARIABLE.finditer(FILE.read_text()) if match["name"]}
    passed_on = {
        name
        for service in services().values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }
    return replaced | passed_on


def _replaced(node: Any, values: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _replaced(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_replaced(item, values) for item in node]
    return _VARIABLE.sub(lambda match: _value(match, values), node) if isinstance(node, str) else node


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match[0] == "$$":
        return "$"
    default = match["text"] if match["kind"] == "-" else match["name"]
    return values.get(match["name"], default)
