"""Celery delivers at least once: every task, run twice at the same moment, does its work once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from billing.models import Hold, KeyEvent, Outbox
from billing.services import customers, key_states
from config.celery import app
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD
from tests.concurrency.crew import Crew
from tests.faults.sizes import times
from usage.models import Charge, UsageEvent

Hire = Callable[[int], Crew]
app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


def run(task: str) -> None:
    app.tasks[task].apply(throw=True)


def work_for_all(count: int) -> tuple[cast.Player, cast.Player]:
    """Usage to settle, holds that are overdue, key states to publish."""
    long_ago = timezone.now() - timedelta(hours=1)
    alice, dora = cast.player("Alice", 10 * USD), cast.player("Dora")
    for _ in range(count):
        cast.hold(alice, request_id=cast.id_at(long_ago), out=10, now=long_ago)
        cast.send(cast.report(alice, output=1))
        customers.freeze(customer_id=dora.id, reason="test", now=timezone.now())
        customers.unfreeze(customer_id=dora.id, reason="test", now=timezone.now())
    return alice, dora


class TestEveryTask:
    @pytest.mark.parametrize("task", OURS)
    def test_run_twice_at_once_disturbs_nothing(self, crew: Hire, task: str):
        alice, _ = work_for_all(5)

        crew(2).each([partial(run, task)] * 2)

        assert alice.wallet().balance_nanos in {10 * USD, 10 * USD - 5 * OUTPUT_TOKEN}
        assert Charge.objects.count() + UsageEvent.objects.count() == 5

    def test_run_twice_beside_all_others_leaves_one_effect(self, crew: Hire):
        alice, dora = work_for_all(20)
        threads = crew(2 * len(OURS))
        for _ in range(times(2)):
            threads.each([partial(run, task) for task in OURS] * 2)
        for task in OURS:
            run(task)

        wallet = alice.wallet()
        assert (wallet.balance_nanos, wallet.held_nanos) == (10 * USD - 20 * OUTPUT_TOKEN, 0)
        assert set(Hold.objects.values_list("state", flat=True)) == {"expired"}
        assert Charge.objects.count() == 20
        assert not Outbox.objects.exists()
        positions = list(KeyEvent.objects.order_by("position").values_list("position", flat=True))
        assert positions == list(range(1, len(positions) + 1))
        assert key_states.get(dora.digest, now=timezone.now()).state_version == dora.wallet().state_version
