"""Processes of the bench that do one thing for each line they are sent, and answer with a line."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from config.stack.programs import ROOT

READY = "ready"


class Worker:
    """A process that is warm and waits."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline().strip()
        assert line, "a process of the bench has ended"
        return line

    def ask(self, line: str) -> str:
        self.tell(line)
        return self.hear()


@contextmanager
def started(module: str, environ: Mapping[str, str] | None = None) -> Iterator[Worker]:
    """Start a module of the bench on the database of `environ`, ours by default; yields when it is ready."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bench.child", module],
        cwd=ROOT,
        env=dict(environ or os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        worker = Worker(process)
        try:
            assert worker.hear() == READY
            yield worker
        finally:
            process.terminate()


@contextmanager
def started_many(module: str, count: int) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        yield [stack.enter_context(started(module)) for _ in range(count)]


def serve(answer: Callable[[str], str]) -> None:
    """Answer each line that comes in, until there are no more."""
    _say(READY)
    for line in sys.stdin:
        _say(answer(line.strip()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
