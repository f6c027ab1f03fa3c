"""`python -m tests.drills.kills --kills N --seed S --json`: kill processes, compare the books."""

import argparse
import asyncio
import json
import signal
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from config.stack.supervisor import StartFailedError
from tests.drills.kills import world
from tests.drills.kills.drill import Drill, Report

_saying = threading.Lock()


def main() -> int:
    """Return 0 where nothing was wrong, 1 where something was, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="how many processes to kill")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="what is asked for, and killed")
    parser.add_argument("--customers", type=int, default=10, metavar="C")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep what the processes said")
    parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")
    arguments = parser.parse_args()

    # Also where whoever started us ignores it, as a shell does for what it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        report = _drill(arguments)
    except StartFailedError as error:
        _say("drill", f"not started: {error}")
        return 1
    except KeyboardInterrupt:
        _say("drill", "interrupted")
        return 130
    sys.stdout.write(json.dumps(asdict(report)) + "\n" if arguments.json else _told(report))
    return 1 if report.violations else 0


def _drill(arguments: argparse.Namespace) -> Report:
    with ExitStack() as exits:
        path = arguments.log or Path("/dev/null")
        log = exits.enter_context(path.open("w", buffering=1))

        def keep(name: str, line: str) -> None:
            with _saying:
                log.write(f"{time.strftime('%H:%M:%S')} {name:<10} {line}\n")
            if "ended with status" in line and "status -9" not in line:
                _say(name, line)

        running = world.running(customers=arguments.customers, say=_say, sink=keep)
        stage = exits.enter_context(running)

        def say(name: str, line: str) -> None:
            keep(name, line)
            _say(name, line)

        drill = Drill(stage, kills=arguments.kills, seed=arguments.seed, say=say)
        return asyncio.run(drill.run())


def _told(report: Report) -> str:
    return "".join(f"{name:<24} {value}\n" for name, value in asdict(report).items())


def _say(name: str, line: str) -> None:
    with _saying:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {name:<10} {line}\n")
        sys.stderr.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
