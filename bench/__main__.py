"""`make bench`: every ratio, each stage in a database of its own, whose books are audited afterwards."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from bench import cluster, growth, rows
from bench.cluster import Cluster
from bench.rows import Row

STAGES = ("settle", "ingest", "holds", "publish", "webhooks", "growth")
CUSTOMERS = 10_000
CHARGES_BEFORE = 100_000
CHARGES_AFTER = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--growth", type=int, default=CHARGES_AFTER, help="charges after growth, %(default)s")
    parser.add_argument("--only", action="append", choices=STAGES, help="run this stage only, repeatable")
    arguments = parser.parse_args()

    started = time.monotonic()
    with cluster.running() as engines:
        cluster.run("people", engines.environ, str(CUSTOMERS))
        _say(f"{CUSTOMERS} customers", started)
        measured: list[Row] = []
        for stage in arguments.only or STAGES:
            measured += _measure(engines, stage, arguments.growth)
            _say(stage, started)

    sys.stdout.write(f"{rows.as_json(measured) if arguments.json else rows.table(measured)}\n")
    return 0 if all(row.ok for row in measured) else 1


def _measure(engines: Cluster, stage: str, charges: int) -> Sequence[Row]:
    """Run one stage; numbers whose books are wrong afterwards are worth nothing."""
    if stage == "growth":
        return _measure_growth(engines, charges)
    with engines.database(stage) as environ:
        measured = cluster.measure(stage, environ)
        return _judged(measured, is_clean=cluster.audit(environ))


def _measure_growth(engines: Cluster, charges: int) -> Sequence[Row]:
    with engines.database("growth") as young:
        cluster.run("history", young, str(CHARGES_BEFORE))
        with engines.database("grown", of="growth") as grown:
            cluster.run("history", grown, str(charges - CHARGES_BEFORE))
            measured = growth.measure(young, grown)
            return _judged(measured, is_clean=cluster.audit(grown) and cluster.audit(young))


def _judged(measured: Sequence[Row], *, is_clean: bool) -> Sequence[Row]:
    return measured if is_clean else [replace(row, ok=False, name=f"{row.name} (AUDIT)") for row in measured]


def _say(what: str, started: float) -> None:
    sys.stderr.write(f"{time.monotonic() - started:5.0f} s  {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
