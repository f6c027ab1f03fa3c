"""`python -m tests.drills.planted`: plants each bug into a copy and runs the tests that should notice it.

Ends with 1 where one was missed, or where a patch no longer applies.
"""

import argparse
import json
import sys
import time
from collections.abc import Collection, Sequence
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
    """Plant one bug or batch of bugs after another, and tell of each on stderr."""
    with scratch.copy() as copy:
        for bug in chosen:
            require_applies(bug, copy.root)
        unsound = _unsound(copy, chosen)
        outcomes: list[Outcome] = []
        for bugs_at_once in _batches(chosen):
            outcomes += _plant(bugs_at_once, copy, unsound)
    return outcomes


def _batches(chosen: Sequence[Bug]) -> list[list[Bug]]:
    batches: dict[str, list[Bug]] = {}
    for bug in chosen:
        batches.setdefault(bug.batch or bug.name, []).append(bug)
    return list(batches.values())


def _unsound(copy: Scratch, chosen: Sequence[Bug]) -> set[str]:
    """Tests that fail without any bug: they notice nothing."""
    tests = sorted({test for bug in chosen for test in bug.tests})
    failed, output = copy.failures(*tests, most=1000)
    assert " passed" in output, output[-4000:]
    for test in failed:
        _say(f"fails without a bug, and does not count: {test}")
    return set(failed)


def _plant(bugs_at_once: Sequence[Bug], copy: Scratch, unsound: Collection[str]) -> list[Outcome]:
    began_at = time.monotonic()
    tests = sorted({test for bug in bugs_at_once for test in bug.tests})
    with copy.planting(bugs_at_once):
        failed, output = copy.failures(*tests, most=3 if len(bugs_at_once) == 1 else 1000)
    seconds = round(time.monotonic() - began_at, 1)

    outcomes = []
    for bug in bugs_at_once:
        by = tuple(test for test in failed if bug.sign in test and test not in unsound)
        outcomes.append(Outcome(bug.name, bug.says, bool(by), by, seconds))
        _say(f"{'caught' if by else 'MISSED'}  {bug.name:<40} {bug.says}")
    if not all(outcome.caught for outcome in outcomes):
        _say(output[-3000:])
    return outcomes


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
