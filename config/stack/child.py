"""Becomes one child of the supervisor: dies with it, holds its lock, drops root, then runs the program.

Run as a file of its own, so that no code runs between fork and exec in the supervisor's threads.
"""

import ctypes
import fcntl
import json
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def become(order: dict[str, int | str | None], command: list[str]) -> None:
    """Replace this process by `command`; `order` has parent, stop_signal, uid, gid and lock."""
    if order["lock"]:
        _hold_lock(str(order["lock"]))
    if order["uid"] is not None:
        os.setgroups([])
        os.setgid(int(order["gid"] or 0))
        os.setuid(int(order["uid"]))

    # After setuid, which would clear it. The check closes the gap in which the parent died already.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(order["stop_signal"] or signal.SIGTERM))
    if os.getppid() != order["parent"]:
        sys.exit("the supervisor is gone")

    os.execvp(command[0], command)  # noqa: S606


def _hold_lock(path: str) -> None:
    """Lock a file on a descriptor that the program inherits: locked as long as the server itself lives."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another server holds {path}")
    fcntl.fcntl(lock, fcntl.F_SETFD, 0)


if __name__ == "__main__":
    become(json.loads(sys.argv[1]), sys.argv[2:])
