"""`python -m config.stack.serve COMMAND…` runs a command beside a throw-away service of its own.

`{url}` in the command becomes the service's address. What the command prints passes through; all else goes to
stderr, first of all the pid of every process, so that one of them can be stopped by hand.
"""

import contextlib
import signal
import subprocess
import sys
from types import FrameType

from config.stack.engines import AlreadyRunningError
from config.stack.stack import throw_away_stack
from config.stack.supervisor import StartFailedError

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(command: list[str]) -> int:
    """Return the command's exit status, 1 where the service did not start."""
    if not command:
        _say("serve", "needs a command")
        return 2
    for number in _STOPS:
        signal.signal(number, _interrupt)

    try:
        _say("serve", "a throw-away service is starting")
        with throw_away_stack(sink=_say_unless_terminal) as stack:
            for name, pid in stack.pids().items():
                _say(name, f"pid {pid}")
            return _run([part.replace("{url}", stack.url) for part in command], stack.environ)
    except (AlreadyRunningError, StartFailedError, RuntimeError) as error:
        _say("serve", f"not started: {error}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(command: list[str], environ: dict[str, str]) -> int:
    child = subprocess.Popen(command, env=environ)  # noqa: S603
    try:
        return child.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached the command too; other signals did not.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.send_signal(signal.SIGINT)
            child.wait(10)
        raise
    finally:
        child.kill()


def _say(name: str, line: str) -> None:
    sys.stderr.write(f"{name:<10} {line}\n")
    sys.stderr.flush()


def _say_unless_terminal(name: str, line: str) -> None:
    """Keep the terminal for the command, which may draw a progress bar there."""
    if not sys.stderr.isatty():
        _say(name, line)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
