"""`python -m tests.drills.core`: the model drill on a throw-away cluster; ends with one line of JSON.

Exit code 1 where the service did anything that the model did not predict, or the audit found something.
"""

import argparse
import importlib
import json
import logging
import signal
import sys

import django

from tests import engines


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with engines.of_a_drill():
        django.setup()
        # Settlement warns of what it quarantines, which the model predicts.
        logging.disable(logging.ERROR)
        return _drill(arguments)


def _drill(arguments: argparse.Namespace) -> int:
    # Imported here, because models need Django's settings, and those the engines' addresses.
    drill = importlib.import_module("tests.drills.core.drill")
    theatre = importlib.import_module("tests.drills.core.theatre")
    numbers = range(arguments.histories) if arguments.only is None else [arguments.only]
    with theatre.on_new_database() as stage:
        done = drill.run(
            stage, seed=arguments.seed, histories=numbers, steps=arguments.steps, most=arguments.most
        )
    summary = {
        "histories": done.histories,
        "steps": done.steps,
        "violations": len(done.violations),
        "seed": arguments.seed,
    }
    text = ", ".join(f"{key} {value}" for key, value in summary.items())
    sys.stdout.write(f"{json.dumps(summary) if arguments.json else text}\n")
    return 1 if done.violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.core", description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="HISTORY", help="run this history again, alone")
    parser.add_argument("--most", type=int, default=5, help="stop after so many violations")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
