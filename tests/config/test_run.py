"""`make run` as an operator meets it: the whole service, in a process of its own."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from config.stack import ports, stand_ins, throw_away
from tests.config.processes import children, command_of, descendants, eventually, is_alive, kill

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120

pytestmark = pytest.mark.slow


class Service:
    """A running `python -m config.stack run` and what it printed."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.lines: list[str] = []
        command = [sys.executable, "-m", "config.stack", "run"]
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stdout:
            self.lines.extend(stdout)

    def says(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in list(self.lines))

    def child(self, *words: str) -> int | None:
        """Return the pid of the direct child whose command line has all the words."""
        for pid in children(self.process.pid):
            if all(word in command_of(pid) for word in words):
                return pid
        return None

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        self._reader.join(60)
        return self.process.wait(60)


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    with throw_away.folder() as data_dir:
        yield {
            **throw_away.inherited_environ(),
            "DATA_DIR": str(data_dir),
            "WEB_PORT": str(ports.choose()),
            "KEY_EVENTS_PORT": str(ports.choose()),
        }


class TestRun:
    def test_serves_restarts_what_is_killed_refuses_a_second_and_leaves_nothing(self, environ):
        service = Service(environ)
        assert eventually(lambda: service.says("Ctrl-C stops"), within_s=READY_WITHIN_S), service.lines
        first = service.child("granian", "wsgi")
        assert first

        second = subprocess.run(
            [sys.executable, "-m", "config.stack", "run"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"make run (process {service.process.pid}) already runs" in second.stderr

        kill(first, signal.SIGKILL)
        assert eventually(lambda: service.child("granian", "wsgi") not in {None, first})
        assert eventually(lambda: ports.answers(int(environ["WEB_PORT"])), within_s=60)

        sandbox = service.child("-m", "sandbox")
        assert sandbox
        kill(sandbox, signal.SIGKILL)
        found = stand_ins.load(Path(environ["DATA_DIR"]))
        assert eventually(lambda: service.child("-m", "sandbox") not in {None, sandbox}, within_s=60)
        for port in (found.stripe_port, found.alipay_port):
            assert eventually(partial(ports.answers, port), within_s=60)

        everything = descendants(service.process.pid)
        assert len(everything) > 6
        assert service.end(signal.SIGINT) == 0
        assert eventually(lambda: not any(map(is_alive, everything)))
        assert "Traceback" not in "".join(service.lines)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
    def test_starts_cleanly_after_it_was_killed(self, environ):
        service = Service(environ)
        assert eventually(lambda: service.says("Ctrl-C stops"), within_s=READY_WITHIN_S), service.lines
        everything = descendants(service.process.pid)
        service.end(signal.SIGKILL)

        again = Service(environ)
        assert eventually(lambda: again.says("Ctrl-C stops"), within_s=READY_WITHIN_S), again.lines
        assert not again.says("ADMIN_PASSWORD")
        assert not any(map(is_alive, everything))
        assert again.end(signal.SIGTERM) == 0


class TestExec:
    def test_lends_the_engines_to_a_command_and_passes_its_status_on(self, environ):
        code = "import os, psycopg, sys; psycopg.connect(os.environ['DATABASE_URL']).close(); sys.exit(7)"

        result = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "config.stack", "exec", "--", sys.executable, "-c", code],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

        assert (result.returncode, result.stdout, result.stderr) == (7, "", "")
        assert not Path(environ["DATA_DIR"], "postgres/data/postmaster.pid").exists()
