"""Our web server, and a bare one with the same command line, both as `make run` starts them."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from config.stack import ports
from config.stack.process import Program
from config.stack.programs import Shape, services
from config.stack.supervisor import Supervisor

BARE = "bench.bare:application"


@contextmanager
def web(environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the web server alone on the database of `environ`, ours by default; yields its address."""
    port = ports.choose()
    with _running(_programs(port, ports.choose(), environ)["web"]):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def bare() -> Iterator[str]:
    """Run the bare view by the web server's command, with nothing changed but the application."""
    port = ports.choose()
    ours = _programs(port, ports.choose())["web"]
    program = replace(
        ours, name="bare", command=(*ours.command[:-1], BARE), is_ready=lambda: ports.answers(port)
    )
    with _running(program):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def everything() -> Iterator[tuple[str, str]]:
    """Run web, key-events, worker and beat; yields the addresses of web and key-events."""
    port, key_events_port = ports.choose(), ports.choose()
    # The worker says on this level that it is ready.
    environ = {**os.environ, "LOG_LEVEL": "INFO"}
    with _running(*_programs(port, key_events_port, environ).values()):
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{key_events_port}"


def _programs(
    port: int, key_events_port: int, environ: Mapping[str, str] | None = None
) -> dict[str, Program]:
    shape = Shape(web_port=port, key_events_port=key_events_port)
    environ = environ or os.environ
    return {each.name: each for each in services(shape, Path(environ["DATA_DIR"]), environ)}


@contextmanager
def _running(*programs: Program) -> Iterator[None]:
    supervisor = Supervisor(_say)
    try:
        supervisor.start(*programs)
        yield
    finally:
        supervisor.stop()


def _say(name: str, line: str) -> None:
    if "error" in line.lower():
        sys.stderr.write(f"{name:<10} {line}\n")
