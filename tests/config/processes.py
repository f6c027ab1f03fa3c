"""Looks at processes from outside, as an operator would."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def _read(path: Path) -> str:
    """Read a file below /proc; nothing where the process ended meanwhile."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended but was not waited for does not."""
    stat = _read(Path(f"/proc/{pid}/stat"))
    return bool(stat) and stat.rsplit(")", 1)[1].split()[0] != "Z"


def command_of(pid: int) -> str:
    """Return a process's command line; nothing where it ended."""
    return _read(Path(f"/proc/{pid}/cmdline"))


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in _read(task).split()}


def descendants(pid: int) -> set[int]:
    """Return the pids of a process's children, their children and so on."""
    below = children(pid)
    return below.union(*(descendants(child) for child in below))


def eventually(condition: Callable[[], object], *, within_s: float = 15) -> bool:
    """Wait until the condition holds; tell whether it did in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill(pid: int, number: int) -> None:
    os.kill(pid, number)
