"""What HTTP requests leave behind: lines, and counts in this process."""

import logging
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest

from config import metrics
from config.logs import RequestLine


@pytest.fixture
def lines() -> Iterator[list[RequestLine]]:
    """The lines that requests leave while the test runs."""
    collected: list[RequestLine] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert isinstance(record.msg, RequestLine)
            collected.append(record.msg)

    handler = Collecting()
    logging.getLogger("requests").addHandler(handler)
    yield collected
    logging.getLogger("requests").removeHandler(handler)


def counted(text: str) -> float:
    """The number behind the lines of /metrics that begin with `text`."""
    return sum(float(line.rpartition(" ")[2]) for line in shown() if line.startswith(text))


def shown() -> list[str]:
    """All that was counted, as Prometheus reads it."""
    return generate_latest(metrics.counted()).decode().splitlines()
