"""One supervised process: how to start it, when it is ready, how it stops, where its output goes."""

import contextlib
import io
import json
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Sink = Callable[[str, str], None]

_CHILD = Path(__file__).with_name("child.py")
_ROOT = Path(__file__).resolve().parents[2]
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.2, 10.0
_STABLE_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; `stop_signal` asks it to end in good order, engines outlive everything else.

    `readable` turns a line of its output into one for people; an empty one is dropped.
    """

    name: str
    command: tuple[str | Path, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = lambda: True
    says_when_ready: str = ""
    readable: Callable[[str], str] = str
    before_start: Callable[[], None] = lambda: None
    is_engine: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10
    user: pwd.struct_passwd | None = None
    lock: Path | None = None


class Process:
    """Keeps one program running; what changes it is called by the supervisor's thread only."""

    def __init__(self, program: Program, sink: Sink) -> None:
        self.program = program
        self.failures = 0
        self.last_lines: deque[str] = deque(maxlen=30)
        self._sink = sink
        self._popen: subprocess.Popen[str] | None = None
        self._started_at = self._start_at = 0.0
        self._delay_s = _FIRST_DELAY_S
        self._said_ready = False

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    def keep_running(self, now: float) -> None:
        """Notice an exit, and start the program again when its delay is over."""
        if self._popen and self._popen.poll() is not None:
            self._note_exit(self._popen, now)
        if self._popen is None and now >= self._start_at:
            self._start(now)

    def is_ready(self) -> bool:
        """Tell whether the program runs, said that it is ready, and answers."""
        return self.pid is not None and self._said_ready and self.program.is_ready()

    def ask_to_stop(self) -> None:
        if self._popen and self._popen.poll() is None:
            self._popen.send_signal(self.program.stop_signal)
            # A stopped process would never see the request.
            self._popen.send_signal(signal.SIGCONT)

    def stop(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic) for the end that was asked for, then kill what is left."""
        if self._popen is None:
            return
        try:
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._sink(self.program.name, "does not stop, killing it")
        _kill_group(self._popen)
        self._popen = None

    def _start(self, now: float) -> None:
        program = self.program
        try:
            program.before_start()
        except Exception as error:  # noqa: BLE001 - shown, and tried again: a supervisor must not die of its child.
            self.failures += 1
            self._say(f"cannot start yet: {error}")
            self._back_off(now)
            return
        order = {
            "parent": os.getpid(),
            "stop_signal": program.stop_signal,
            "uid": program.user.pw_uid if program.user else None,
            "gid": program.user.pw_gid if program.user else None,
            "lock": str(program.lock) if program.lock else None,
        }
        self._popen = subprocess.Popen(  # noqa: S603
            [sys.executable, "-S", "-E", str(_CHILD), json.dumps(order), *map(str, program.command)],
            env=dict(program.env) if program.env else None,
            cwd="/" if program.is_engine else _ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches the supervisor only, which stops all in good order.
            start_new_session=True,
        )
        self._started_at = now
        self._said_ready = not program.says_when_ready
        threading.Thread(target=self._pump, args=(self._popen,), daemon=True).start()

    def _note_exit(self, popen: subprocess.Popen[str], now: float) -> None:
        self.failures += 1
        _kill_group(popen)
        self._say(f"ended with status {popen.returncode}, starting it again")
        self._popen = None
        if now - self._started_at > _STABLE_AFTER_S:
            self._delay_s = _FIRST_DELAY_S
        self._back_off(now)

    def _back_off(self, now: float) -> None:
        self._start_at = now + self._delay_s
        self._delay_s = min(self._delay_s * 2, _LONGEST_DELAY_S)

    def _pump(self, popen: subprocess.Popen[str]) -> None:
        with popen.stdout or io.StringIO() as lines:
            for line in lines:
                if readable := self.program.readable(line.rstrip()):
                    self._say(readable)

    def _say(self, line: str) -> None:
        self.last_lines.append(line)
        self._said_ready = self._said_ready or self.program.says_when_ready in line
        self._sink(self.program.name, line)


def _kill_group(popen: subprocess.Popen[str]) -> None:
    """Kill what a program left behind: workers whose parent was killed would keep its port and its queue."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()
