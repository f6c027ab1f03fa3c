"""The books are right at every moment, not only when all is quiet."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from billing.errors import BillingError
from billing.services import lots
from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, Player
from tests.concurrency.crew import Crew
from usage.audit import run

Hire = Callable[[int], Crew]


def live(players: list[Player], seed: int, others: threading.Barrier) -> int:
    """Hold, report, settle, release and grant at random; the same seed does the same."""
    dice = random.Random(seed)
    for _ in range(40):
        who = dice.choice(players)
        try:
            held = cast.hold(who, out=dice.randrange(1000), min_output=0)
            if dice.random() < 0.3:
                cast.release(held)
            else:
                cast.send(cast.report(who, held.request_id, output=dice.randrange(1100)))
        except BillingError:
            cast.fund(who.id, dice.randrange(1, 3000) * OUTPUT_TOKEN)
        if dice.random() < 0.3:
            cast.settle()
        if dice.random() < 0.1:
            end.expire(now=timezone.now() + timedelta(minutes=16))
            lots.expire(now=timezone.now())
    return others.wait()


def audit_until(done: threading.Barrier) -> int:
    """Audit the whole database over and over; return how many rows ever broke an invariant."""
    violations = 0
    while done.n_waiting < done.parties - 1:
        violations += run.violations(run.audit(now=timezone.now()))
    done.wait()
    return violations


class TestAudit:
    def test_finds_nothing_while_everything_moves(self, crew: Hire):
        players = [cast.player(name, 2000 * OUTPUT_TOKEN) for name in ("Alice", "Charlie", "Dora")]
        done = threading.Barrier(6, timeout=60)

        jobs = [partial(live, players, seed, done) for seed in range(5)]
        violations = crew(6).each([*jobs, partial(audit_until, done)])[-1]
        assert violations == 0
