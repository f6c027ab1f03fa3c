"""Rounds of histories that share a stack, with the audit in between; what is wrong is told on stderr."""

import sys
import time
from datetime import UTC, datetime
from typing import Final

import httpx

from tests.drills.payments import people
from tests.drills.payments.round import Cast, Round, Told
from tests.drills.payments.world import World
from usage.audit import run as audits

A_ROUND: Final = 25
AUDIT_EVERY: Final = 4
TELL_EVERY_S: Final = 20.0
# The database's clock is not moved with ours; nobody publishes here.
CLOCKED: Final = frozenset(
    {"states_are_published", "partitions_reach_ahead", "messages_are_handled", "top_ups_are_asked_about"}
)


def run(world: World, *, seed: int, histories: int, most: int = 5) -> Told:
    """Tell so many histories; stops after the round in which there are `most` violations."""
    done = Told()
    began = told = time.monotonic()
    with httpx.Client(timeout=60) as http:
        cast = Cast(world, http, people.operator(now=datetime.now(UTC)), seed)
        for first in range(0, histories, A_ROUND):
            number = first // A_ROUND
            round_ = Round(cast, range(first, min(first + A_ROUND, histories))).tell()
            if number % AUDIT_EVERY == AUDIT_EVERY - 1 or first + A_ROUND >= histories:
                round_.violations += audit()
            _add(done, round_, seed)
            if len(done.violations) >= most:
                break
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                pace = (told - began) / done.histories
                _say(f"{done.histories} of {histories} histories, {pace:.2f} s each")
    done.kills += world.workers.killed
    return done


def audit() -> list[str]:
    """The whole audit but for what depends on the clock."""
    return [
        f"audit: {finding.invariant.name}: {finding.count}, {finding.samples[:2]}"
        for finding in audits.audit(now=datetime.now(UTC))
        if finding.count and finding.invariant.name not in CLOCKED
    ]


def _add(done: Told, round_: Told, seed: int) -> None:
    done.histories += round_.histories
    done.steps += round_.steps
    done.kills += round_.kills
    done.credited_nanos += round_.credited_nanos
    done.violations += round_.violations
    for violation in round_.violations:
        _say(f"VIOLATION in seed {seed}: {violation}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
