"""`python -m config.stack run` keeps the service running; `exec -- COMMAND` lends a command the engines."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from types import FrameType

from config import settings
from config.stack import engines, stack, stand_ins
from config.stack.console import Console
from config.stack.programs import Shape
from config.stack.supervisor import StartFailedError

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.stack", description=__doc__)
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("run", help="start everything and keep it running until Ctrl-C")
    lend = commands.add_parser("exec", help="run a command, with the engines started if they are not running")
    lend.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()

    for number in _STOPS:
        signal.signal(number, _interrupt)
    try:
        return run() if arguments.action == "run" else lend_engines(arguments.command)
    except (engines.AlreadyRunningError, StartFailedError, RuntimeError) as error:
        sys.stderr.write(f"Not started: {error}\n")
        return 1


def run() -> int:
    """Start the stack, tell where it is, wait for Ctrl-C or SIGTERM, stop it in good order."""
    console = Console()
    shape = Shape(
        host=settings.WEB_HOST,
        web_port=settings.WEB_PORT,
        key_events_port=settings.KEY_EVENTS_PORT,
        web_workers=settings.WEB_WORKERS,
        web_threads=settings.WEB_THREADS,
        worker_concurrency=settings.WORKER_CONCURRENCY,
    )
    running = stack.Stack(
        data_dir=settings.DATA_DIR, environ=os.environ, shape=shape, sink=console, sandbox=settings.SANDBOX
    )
    try:
        running.start(note="make run", demo=settings.EMBEDDED)
        _announce(running, console)
        running.wait()
    except KeyboardInterrupt:
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)
        console("stack", "stopping")
        running.stop()
        console("stack", "stopped")
    return 0


def lend_engines(command: list[str]) -> int:
    """Run a command; start and set up the engines for it if nobody runs them, and stop them again."""
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        raise StartFailedError("exec needs a command: python -m config.stack exec -- COMMAND")
    environ = dict(os.environ)

    def silence(_name: str, _line: str) -> None:
        """Keep the command's output clean; what goes wrong comes with the error."""

    with engines.shared(settings.DATA_DIR, sink=silence, environ=environ) as started:
        if started:
            stack.set_up(environ, silence, demo=False)
        child = subprocess.Popen(command, env=environ)  # noqa: S603
        while True:
            # Ctrl-C reaches the command too: let it end, then stop the engines.
            with contextlib.suppress(KeyboardInterrupt):
                return child.wait()


def _announce(running: stack.Stack, console: Console) -> None:
    for line in (
        f"ready        {running.url}/readyz",
        f"customers    {running.url}/dashboard/",
        f"admin        {running.url}/admin/",
        f"API docs     {running.url}/internal/v1/docs",
        f"key events   {running.key_events_url}/internal/v1/key-events",
    ):
        console("stack", line)
    if settings.SANDBOX:
        found = stand_ins.load(settings.DATA_DIR)
        console("stack", f"sandbox      {found.stripe_url} Stripe, {found.alipay_url} Alipay")
    if settings.EMBEDDED:
        console("stack", f"demo logins  {settings.DATA_DIR / 'demo.env'}")
    console("stack", "Ctrl-C stops everything")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
