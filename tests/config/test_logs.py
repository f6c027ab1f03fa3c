"""No secret reaches a log."""

import json

import pytest
import structlog

from config import logs

SECRETS = [
    "sk-am-4fR9xQ2mZ8bT1cV7nK3pL5sD0gH6jW1a2b3c",
    "st-am-4fR9xQ2mZ8bT1cV7nK3pL5sD0gH6jW1a2b3c",
]


class TestRedact:
    @pytest.mark.parametrize("secret", SECRETS)
    def test_hides_keys_and_tokens(self, secret):
        assert logs.redact(f"refused {secret}!") == f"refused {secret[:6]}…!"

    def test_hides_passwords_of_addresses(self):
        text = "cannot reach postgres://app:hunter2@db:5432/billing or redis://:hunter3@cache:6379/0"

        assert logs.redact(text) == "cannot reach postgres://app:…@db:5432/billing or redis://:…@cache:6379/0"


class TestJsonLines:
    def test_carry_fields_and_no_secret(self):
        renderers = logs.configure(layout="json", level="INFO")["formatters"]["line"]["processors"]
        logs.configure(layout="console", level="INFO")
        event = {"event": "key refused", "key": SECRETS[0], "_record": None, "_from_structlog": True}

        line: object = event
        for renderer in renderers:
            line = renderer(structlog.get_logger(), "info", line)

        assert json.loads(str(line))["key"] == "sk-am-…"
