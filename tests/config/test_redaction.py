"""No secret gets past the last wall, and what is none stays readable."""

import time

import pytest

from config.redaction import Redactor

BODY = "4fR9xQ2mZ8bT1cV7nK3pL5sD0gH6jW1a2b3c"

SECRETS = {
    "an API key": (f"refused sk-am-{BODY}!", "refused sk-am-…!"),
    "a service token": (f"refused st-am-{BODY}!", "refused st-am-…!"),
    "a database's password": ("postgres://app:hunter2@db:5432/billing", "postgres://app:…@db:5432/billing"),
    "a password with an at": ("postgres://app:p@ss/w:rd@db/x failed", "postgres://app:…@db/x failed"),
    "a broker's password": ("redis://:hunter3@cache:6379/0", "redis://:…@cache:6379/0"),
    "a header": ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
    "a header's representation": (
        "{'HTTP_AUTHORIZATION': 'Bearer abc'}",
        "{'HTTP_AUTHORIZATION': 'Bearer …'}",
    ),
    "a field of JSON": ('{"password": "hunter2", "a": 1}', '{"password": "…", "a": 1}'),
    "a field of quoted JSON": (r"{\"secret\": \"hunter2\"}", r"{\"secret\": \"…\"}"),
    "a query": ("GET /login/?password=hunter2&x=1", "GET /login/?password=…&x=1"),
    "a query's quoted query": ("next=%2F%3Ftoken%3Dhunter2&x=1", "next=%2F%3Ftoken%3D…&x=1"),
    "a cookie": ("Cookie: sessionid=abc; csrftoken=def", "Cookie: …; csrftoken=…"),
    "a variable": ("PGPASSWORD=hunter2 psql", "PGPASSWORD=… psql"),
    "a payment provider's keys": (
        f"whsec_{BODY} sk_live_{BODY} rk_test_{BODY}",
        "whsec_… sk_live_… rk_test_…",
    ),
    "a model provider's key": (f"sk-ant-{BODY}", "sk-ant-…"),
    "a private key": (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- is bad",
        "-----BEGIN RSA PRIVATE KEY-----… is bad",
    ),
    "a web token": ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJ…"),
    "a key's digest": (f"no key {'ab12cd34' * 8}", "no key ab12cd34…"),
}
NO_SECRETS = (
    'password authentication failed for user "app"',
    "settle took 5 ms, output_tokens=44, max_tokens: 3",
    "a valid token is needed, basic auth is off",
    "hold 01a20a3b-36d7-7272-97a1-67351bb91d5e has ended (settled)",
    "connected to postgres://db:5432/billing",
)


class TestRedactor:
    @pytest.mark.parametrize(("line", "shown"), SECRETS.values(), ids=SECRETS)
    def test_cuts(self, line, shown):
        assert Redactor()(line) == shown

    @pytest.mark.parametrize("line", NO_SECRETS)
    def test_keeps_what_is_no_secret(self, line):
        assert Redactor()(line) == line

    @pytest.mark.parametrize("line", [line for line, _ in SECRETS.values()], ids=SECRETS)
    def test_changes_nothing_the_second_time(self, line):
        once = Redactor()(line)

        assert Redactor()(once) == once

    def test_cuts_the_secrets_it_was_told_whatever_they_look_like(self):
        redact = Redactor(["plain words, longer", "plain words", ""])

        assert redact("a: plain words, longer. b: plain words. c: plain") == "a: …. b: …. c: plain"

    @pytest.mark.parametrize("text", ["a-", "://", "token", "sk-", "-----BEGIN ", "eyJ"])
    def test_takes_no_longer_for_a_line_made_to_keep_it_busy(self, text):
        began_at = time.process_time()

        Redactor()(text * 20_000)

        assert time.process_time() - began_at < 5
