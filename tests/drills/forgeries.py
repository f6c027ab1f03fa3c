"""`python -m tests.drills.forgeries`: sends all forged messages to our web process; ends with a line of JSON.

Exit code 1 where one was accepted, answered with 500 or more, or anything was written.
"""

import argparse
import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.alipay_servers import alipay_key
from tests.drills.payments import world
from tests.sandbox_servers import STRIPE_WEBHOOK_SECRET


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.forgeries", description=__doc__)
    parser.add_argument("--log", type=Path, default=Path("/dev/null"), help="keep what our processes say")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    with arguments.log.open("w", buffering=1) as log, world.running(log) as running:
        summary = _attack(running)
    text = ", ".join(f"{key} {value}" for key, value in summary.items())
    sys.stdout.write(f"{json.dumps(summary) if arguments.json else text}\n")
    return 1 if summary["accepted"] or summary["answers_500"] or summary["rows_written"] else 0


def _attack(running: world.World) -> dict[str, int]:
    # Imported here, because models need Django's settings, and those the engines' addresses.
    databases = importlib.import_module("tests.databases")
    people = importlib.import_module("tests.drills.payments.people")
    over_http = importlib.import_module("tests.forgeries.over_http")
    people.sign_up("alice", now=datetime.now(UTC))
    with databases.connect_as_owner() as owner:
        before = over_http.count_rows(owner)
        outcome = over_http.attack(running.url, secret=STRIPE_WEBHOOK_SECRET, key=alipay_key())
        after = over_http.count_rows(owner)
    for name in (*outcome.accepted, *outcome.broken):
        sys.stderr.write(f"VIOLATION: {name}\n")
    return {
        "tried": outcome.tried,
        "accepted": len(outcome.accepted),
        "answers_500": len(outcome.broken),
        "rows_written": sum(abs(after[table] - before[table]) for table in after),
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
