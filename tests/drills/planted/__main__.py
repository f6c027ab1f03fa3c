"""`python -m tests.drills.planted`: plants each bug into a copy and runs the tests that should notice it.

Ends with 1 where one was missed, or where a patch no longer applies.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.drills.planted import bugs, scratch
from tests.drills.planted.bug import Bug, require_applies
from tests.drills.planted.scratch import Scratch


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    says: str
    caught: bool
    by: tuple[str, ...]
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.planted", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end with one JSON object in place of the sum")
    parser.add_argument("--only", action="append", metavar="NAME", help="plant this one; may be repeated")
    parser.add_argument("--list", action="store_true", help="name the bugs and plant none")
    arguments = parser.parse_args()
    chosen = [bug for bug in bugs.ALL if not arguments.only or bug.name in arguments.only]
    if not chosen or arguments.list:
        _say("\n".join(f"{bug.name:<40} {bug.says}" for bug in bugs.ALL))
        return 0 if arguments.list else 2

    outcomes = plant(chosen)
    missed = [outcome for outcome in outcomes if not outcome.caught]
    if arguments.json:
        caught = len(outcomes) - len(missed)
        found = {"planted": len(outcomes), "caught": caught, "bugs": [asdict(each) for each in outcomes]}
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.write(f"caught {len(outcomes) - len(missed)} of {len(outcomes)}\n")
    return 1 if missed else 0


def plant(chosen: Sequence[Bug]) -> list[Outcome]:
    """Plant one bug after another, and tell of each on stderr."""
    with scratch.copy() as copy:
        for bug in chosen:
            require_applies(bug, copy.root)
        _require_sound(copy, chosen)
        return [_plant(bug, copy) for bug in chosen]


def _require_sound(copy: Scratch, chosen: Sequence[Bug]) -> None:
    """A test that fails without the bug would notice nothing."""
    tests = sorted({test for bug in chosen for test in bug.tests})
    failed, output = copy.failures(*tests)
    if failed or " passed" not in output:
        raise SystemExit(f"these tests fail without a bug: {failed}\n{output[-4000:]}")


def _plant(bug: Bug, copy: Scratch) -> Outcome:
    began_at = time.monotonic()
    with copy.planting(bug):
        by, output = copy.failures(*bug.tests)
    outcome = Outcome(bug.name, bug.says, bool(by), tuple(by), round(time.monotonic() - began_at, 1))
    _say(f"{'caught' if outcome.caught else 'MISSED'}  {bug.name:<40} {bug.says}")
    if not outcome.caught:
        _say(output[-3000:])
    return outcome


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
