"""`.env.example` names what settings and containers read, and nothing else reads the environment."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.containers import compose

ROOT = Path(settings.BASE_DIR)
APPS = ("catalog", "accounts", "billing", "usage")


def read_by_settings() -> set[str]:
    """Return the first argument of every env.something("NAME", …) in the settings."""
    calls = [
        node
        for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text()))
        if isinstance(node, ast.Call)
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


class TestEnvExample:
    def test_lists_every_variable_that_settings_or_containers_read(self):
        listed = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.M)

        assert sorted(listed) == sorted(read_by_settings() | compose.variables())

    @pytest.mark.parametrize("app", APPS)
    def test_is_complete_because_apps_read_settings_only(self, app):
        readers = [
            str(path.relative_to(ROOT))
            for path in (ROOT / app).rglob("*.py")
            if re.search(r"os\.(environ|getenv)|environ\.Env", path.read_text())
        ]

        assert readers == []
