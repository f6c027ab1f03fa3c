"""The whole service on one machine: engines, schema, catalogue, and our processes on top."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.stack import engines, ports, stand_ins, state, throw_away
from config.stack.process import Sink
from config.stack.programs import ROOT, Shape, services
from config.stack.supervisor import StartFailedError, Supervisor


class Stack:
    """One running service. `environ` lets others reach it; killed processes come back by themselves.

    `for_services` replaces variables for our own processes only, such as the address of a proxy. With
    `sandbox`, the providers' stand-ins run beside them.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        environ: Mapping[str, str],
        shape: Shape,
        sink: Sink,
        durable: bool = True,
        sandbox: bool = False,
        for_services: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.environ = dict(environ)
        self.shape = shape
        self._for_services = dict(for_services or {})
        self._sink = sink
        self._durable = durable
        self._sandbox = sandbox
        self._supervisor = Supervisor(sink)
        self._claim = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.shape.web_port}"

    @property
    def key_events_url(self) -> str:
        return f"http://127.0.0.1:{self.shape.key_events_port}"

    def pids(self) -> dict[str, int]:
        """Return the pids that run now, by name: postgres, valkey, web, key-events, worker, beat."""
        return self._supervisor.pids()

    def start(self, *, note: str, demo: bool = False) -> None:
        """Start everything and wait until it answers; on failure stop what was started."""
        claim = engines.lock(self.data_dir, note)
        self._claim.callback(claim.release)
        try:
            self._require_ports()
            engines.start(self._supervisor, self.data_dir, durable=self._durable, environ=self.environ)
            set_up(self.environ, self._sink, demo=demo)
            if self._sandbox:
                self._start_stand_ins()
            environ = self.environ | self._for_services
            self._supervisor.start(*services(self.shape, self.data_dir, environ))
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Wait for ever; returns only if the supervisor itself fails."""
        self._supervisor.wait()

    def stop(self) -> None:
        """Stop everything, our processes first, engines last."""
        self._supervisor.stop()
        self._claim.close()

    def _start_stand_ins(self) -> None:
        found = stand_ins.with_free_ports(self.data_dir)
        self.environ |= found.environ()
        self._supervisor.start(stand_ins.program(found, self.data_dir, web_url=self.url))

    def _require_ports(self) -> None:
        """Say which port is taken, rather than let a process fail on it."""
        for name, port in (
            ("WEB_PORT", self.shape.web_port),
            ("KEY_EVENTS_PORT", self.shape.key_events_port),
        ):
            if not ports.becomes_free(port):
                raise StartFailedError(f"port {port} is taken by another program; set {name} to another one")


@contextlib.contextmanager
def throw_away_stack(*, sink: Sink, shape: Shape | None = None, sandbox: bool = False) -> Iterator[Stack]:
    """Run a whole service of one's own in a temporary folder, on free ports, gone afterwards."""
    web_port, key_events_port = ports.choose(), ports.choose()
    shape = shape or Shape(web_port=web_port, key_events_port=key_events_port)
    with throw_away.folder() as data_dir:
        environ = {
            # Nobody reads a line for each of a drill's requests.
            "LOG_REQUESTS": "problems",
            **throw_away.inherited_environ(),
            **state.load(data_dir).environ(),
            "DATA_DIR": str(data_dir),
            "PUBLIC_URL": f"http://127.0.0.1:{shape.web_port}",
        }
        stack = Stack(
            data_dir=data_dir, environ=environ, shape=shape, sink=sink, durable=False, sandbox=sandbox
        )
        stack.start(note="a throw-away stack")
        try:
            yield stack
        finally:
            stack.stop()


def set_up(environ: Mapping[str, str], sink: Sink, *, demo: bool) -> None:
    """Migrate, load the catalogue and, if wanted, the demo data, in a process of their own."""
    command = [sys.executable, "manage.py", "set_up", *(["--demo"] if demo else [])]
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=dict(environ), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = []
    with process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            sink("set-up", lines[-1])
    if process.returncode:
        raise StartFailedError("\n".join(["set-up failed:", *lines[-30:]]))
