"""`python -m tests.drills.payments`: random histories of payments over real HTTP; ends with one line of JSON.

Exit code 1 where our books are not what the providers say, or the audit found something.
"""

import argparse
import importlib
import json
import signal
import sys
from pathlib import Path

from tests.drills.payments import world


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with arguments.log.open("w", buffering=1) as log, world.running(log) as running:
        # Imported here, because models need Django's settings, and those the engines' addresses.
        drill = importlib.import_module("tests.drills.payments.drill")
        done = drill.run(running, seed=arguments.seed, histories=arguments.histories, most=arguments.most)
        refused = running.providers.refused
    summary = {
        "histories": done.histories,
        "steps": done.steps,
        "violations": len(done.violations),
        "credited_nanos": done.credited_nanos,
        "kills": done.kills,
        "refused": refused,
        "seed": arguments.seed,
    }
    text = ", ".join(f"{key} {value}" for key, value in summary.items())
    sys.stdout.write(f"{json.dumps(summary) if arguments.json else text}\n")
    return 1 if done.violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.payments", description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=5, help="stop after so many violations")
    parser.add_argument("--log", type=Path, default=Path("/dev/null"), help="keep what our processes say")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
