"""What a line of the log looks like, for people and for machines."""

import json
import logging
import subprocess
import sys

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve

from config import logs
from config.logs import RequestFormatter, RequestLine, RoutesNotPaths

KEY = "sk-am-4fR9xQ2mZ8bT1cV7nK3pL5sD0gH6jW1a2b3c"
LINE = RequestLine("POST", "internal/v1/holds", 402, 3.1, "a" * 32, "gateway-1", "insufficient_credit")

SAY = f"""
import logging, logging.config, sys, structlog, threading
from config import logs
logging.config.dictConfig(logs.configure(layout=sys.argv[1], level="INFO", secrets=["my own secret"]))
structlog.get_logger().warning("refused", reason="{KEY} and my own secret")
logging.getLogger("some.library").error("failed with %s", "{KEY}")
try:
    raise ValueError("{KEY}")
except ValueError:
    structlog.get_logger().exception("not handled")
def fail():
    raise ValueError("in a thread: {KEY}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise ValueError("nobody caught {KEY} and my own secret")
"""


def said(layout: str) -> list[str]:
    """What a process logs in `layout` that says secrets in every way it can."""
    command = [sys.executable, "-c", SAY, layout]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert not result.stdout
    return result.stderr.splitlines()


class TestConfigure:
    @pytest.mark.parametrize("layout", ["json", "console"])
    def test_lets_no_secret_through_whoever_says_it(self, layout):
        lines = "\n".join(said(layout))

        assert lines.count("sk-am-…") == 5
        assert KEY not in lines
        assert "my own secret" not in lines

    def test_writes_one_json_object_for_each_event(self):
        events = [json.loads(line) for line in said("json")[:3]]

        assert [event["event"] for event in events] == ["refused", "failed with sk-am-…", "not handled"]
        assert {"level", "timestamp"} <= events[0].keys()
        assert events[2]["exception"][0]["exc_type"] == "ValueError"


class TestRequestFormatter:
    def render(self, layout: str, line: RequestLine) -> str:
        record = logging.LogRecord("requests", logging.INFO, "", 0, line, None, None)
        return RequestFormatter(layout=layout).format(record)

    def test_is_an_object_for_machines(self):
        fields = json.loads(self.render("json", LINE))

        assert fields.pop("timestamp")
        assert fields == {"event": "request", "level": "info", **LINE._asdict()}

    def test_is_a_sentence_for_people(self):
        assert self.render("console", LINE) == (
            "[info] POST internal/v1/holds 402 insufficient_credit in 3.1 ms gateway=gateway-1"
            f" http_request_id={'a' * 32}"
        )

    @pytest.mark.parametrize("layout", ["json", "console"])
    def test_leaves_out_what_there_is_none_of(self, layout):
        text = self.render(layout, LINE._replace(gateway=None, code=None))

        assert "gateway" not in text
        assert "None" not in text


class TestRoutesNotPaths:
    def record(self, request: HttpRequest) -> logging.LogRecord:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 0, "failed: %s", (request.path,), None
        )
        record.request = request
        RoutesNotPaths().filter(record)
        return record

    def test_names_the_route(self):
        request = RequestFactory().get("/internal/v1/keys/hidden", {"q": "hidden"})
        request.resolver_match = resolve(request.path)

        record = self.record(request)

        assert record.getMessage() == "failed: internal/v1/keys/<str:key_digest>"
        assert "hidden" not in str(vars(record))

    def test_names_no_address_that_is_none_of_ours(self):
        record = self.record(RequestFactory().get("/hidden"))

        assert record.getMessage() == "failed: unknown address"


class TestLevels:
    def test_keep_statements_out_even_where_all_else_is_told(self):
        assert logs.configure(layout="json", level="DEBUG")["loggers"]["django.db.backends"] == {
            "level": logging.INFO
        }
