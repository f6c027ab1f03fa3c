"""Ends what a killed PostgreSQL left behind; on Linux only, which tells in which folder a process works."""

import contextlib
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")
_QUIT_WITHIN_S = 2
_GONE_WITHIN_S = 5


def end(data: Path) -> None:
    """End server processes of the cluster in `data` whose postmaster is dead, as it would have done itself.

    They keep the shared memory, without which no other server starts. Most see by themselves that the
    postmaster is gone; recovery does not while it waits, for a minute, for a checkpointer that is gone too.
    """
    for number, within_s in ((signal.SIGQUIT, _QUIT_WITHIN_S), (signal.SIGKILL, _GONE_WITHIN_S)):
        deadline = time.monotonic() + within_s
        for pid in find(data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while find(data) and time.monotonic() < deadline:
            time.sleep(0.05)


def find(data: Path) -> list[int]:
    """Return the pids of server processes in `data` that have no postmaster."""
    folder = str(data.resolve())
    parents = {
        int(process.name): _parent(process)
        for process in _PROC.glob("[0-9]*")
        if _read_link(process / "cwd") == folder
    }
    return [pid for pid, parent in parents.items() if parent not in parents and _is_child(pid)]


def _is_child(pid: int) -> bool:
    """Children of a postmaster name their work; the postmaster itself shows the command that started it."""
    return _read(_PROC / str(pid) / "cmdline").startswith("postgres: ")


def _parent(process: Path) -> int:
    after_name = _read(process / "stat").rpartition(")")[2].split()
    return int(after_name[1]) if after_name else 0


def _read(path: Path) -> str:
    """Read a file below /proc; nothing where the process ended meanwhile or is not ours to look at."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _read_link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
