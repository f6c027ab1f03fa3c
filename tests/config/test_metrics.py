"""Counts of several processes, also of those that were killed."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack import ports
from config.stack.programs import counts, forget_counts
from config.stack.stack import Stack, throw_away_stack
from tests.config.processes import children, eventually, kill
from tests.config.scraped import value

COUNT = """
import django, os, signal, sys
django.setup()
from config import metrics
for _ in range(int(sys.argv[1])):
    metrics.count_request(route="r", method="GET", status=200, seconds=0.1, code="c")
    metrics.count_task(task="t", state="SUCCESS", seconds=0.1)
"""
SHOW = """
import django
django.setup()
from config import metrics
from prometheus_client import generate_latest
print(generate_latest(metrics.counted()).decode())
"""
DIE = "\nos.kill(os.getpid(), signal.SIGKILL)"


def run(folder: Path, code: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(  # noqa: S603
        command, env=os.environ | environ, capture_output=True, text=True, check=False
    ).stdout


class TestCounted:
    def test_adds_up_all_processes_and_forgets_none_that_was_killed(self, tmp_path):
        run(tmp_path, COUNT, "3")
        run(tmp_path, COUNT + DIE, "4")

        text = run(tmp_path, SHOW)

        assert value(text, "billing_request_seconds_count", "r", "GET", "200") == 7
        assert value(text, "billing_problems_total", "r", "c") == 7
        assert value(text, "billing_task_seconds_count", "t", "SUCCESS") == 7

    def test_outlives_a_process_that_was_killed_while_it_made_its_file(self, tmp_path):
        run(tmp_path, COUNT, "1")
        (tmp_path / "histogram_elsewhere-1.db").touch()

        assert value(run(tmp_path, SHOW), "billing_problems_total", "r", "c") == 1

    def test_makes_its_folder(self, tmp_path):
        folder = tmp_path / "not" / "there"

        run(folder, COUNT, "1")

        assert {path.name.split("_")[0] for path in folder.iterdir()} == {"counter", "histogram"}


class TestForgetCounts:
    def test_begins_at_nothing(self, tmp_path):
        forget_counts(tmp_path)
        run(counts(tmp_path), COUNT, "1")

        forget_counts(tmp_path)

        assert value(run(counts(tmp_path), SHOW), "billing_problems_total", "r", "c") == 0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with throw_away_stack(sink=lambda _name, _line: None) as running:
        yield running


def scrape(stack: Stack) -> str:
    with urllib.request.urlopen(f"{stack.url}/metrics", timeout=10) as response:  # noqa: S310
        text: str = response.read().decode()
        return text


def unknown(stack: Stack) -> float:
    return value(scrape(stack), "billing_request_seconds_count", "unknown", "GET", "404")


@pytest.mark.slow
class TestStack:
    def test_keeps_counts_of_a_web_worker_that_was_killed(self, stack):
        ask_for_nothing(stack)
        before = unknown(stack)
        (worker,) = children(stack.pids()["web"])

        kill(worker, signal.SIGKILL)
        assert eventually(lambda: children(stack.pids()["web"]) - {worker}, within_s=60)
        assert eventually(lambda: ports.answers(stack.shape.web_port), within_s=60)
        ask_for_nothing(stack)

        assert before >= 1
        assert unknown(stack) == before + 1

    def test_counts_what_the_other_processes_do(self, stack):
        def settled() -> float:
            return value(scrape(stack), "billing_task_seconds_count", "usage.tasks.settle", "SUCCESS")

        assert eventually(settled, within_s=60)


def ask_for_nothing(stack: Stack) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{stack.url}/nowhere", timeout=30)  # noqa: S310
