"""The drill's world: throw-away engines, both stand-ins, our web process, and the hands that do its work."""

import contextlib
import http.client
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import django

from config.stack import ports, programs
from config.stack.programs import ROOT, Shape
from config.stack.supervisor import Supervisor
from tests import engines
from tests.config.processes import children, command_of, eventually, is_alive
from tests.drills.payments.providers import Providers
from tests.drills.payments.workers import Workers

WEB_THREADS = 4
PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class World:
    """`url` is where browsers and providers find us."""

    url: str
    supervisor: Supervisor
    providers: Providers
    workers: Workers

    def kill_web(self) -> None:
        """Kill the process that answers requests, whatever it is doing; granian starts another one."""
        for pid in self._web_workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_for_web(self) -> None:
        port = int(self.url.rpartition(":")[2])
        is_back = eventually(lambda: self._web_workers() and _is_healthy(port), within_s=PATIENCE_S)
        assert is_back, "our web process did not come back"

    def _web_workers(self) -> list[int]:
        pid = self.supervisor.pids().get("web")
        return [
            child
            for child in (children(pid) if pid else ())
            if is_alive(child) and "resource_tracker" not in command_of(child)
        ]


@contextlib.contextmanager
def running(log: IO[str]) -> Iterator[World]:
    """Start a world; everything of it is gone afterwards. Sets Django up in this process too."""
    with contextlib.ExitStack() as exits:
        port = ports.choose()
        os.environ["PUBLIC_URL"] = url = f"http://127.0.0.1:{port}"
        folder = Path(exits.enter_context(TemporaryDirectory(prefix="payments-drill-")))
        exits.enter_context(engines.of_a_drill())
        providers = exits.enter_context(Providers.running(folder, url))
        os.environ.update(providers.environ)
        os.environ |= {"LOG_LEVEL": "WARNING", "LOG_REQUESTS": "problems", "PYTHONPATH": str(ROOT)}
        django.setup()
        # Imported here, because it needs Django's settings, and those the engines' addresses.
        databases = importlib.import_module("tests.databases")
        databases.create()
        supervisor = Supervisor(lambda name, line: print(name, line, sep=" | ", file=log))
        exits.callback(supervisor.stop)
        shape = Shape(web_port=port, web_threads=WEB_THREADS)
        web = next(each for each in programs.services(shape, folder, dict(os.environ)) if each.name == "web")
        programs.counts(folder).mkdir(parents=True)
        supervisor.start(web)
        command = [sys.executable, "-m", "tests.drills.payments.hands"]
        hands = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        workers = Workers(hands)
        exits.callback(workers.stop)
        yield World(url, supervisor, providers, workers)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
