"""Publishers that race each other and the changes they publish."""

import json
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.utils import timezone

from billing import sql, valkey
from billing.models import KeyEvent, Outbox
from billing.services import customers, key_states, publisher
from tests import cast
from tests.cast import USD, Player
from tests.concurrency.crew import Crew

Hire = Callable[[int], Crew]


def change(who: Player, times: int) -> None:
    for _ in range(times):
        customers.freeze(customer_id=who.id, reason="test", now=timezone.now())
        customers.unfreeze(customer_id=who.id, reason="test", now=timezone.now())


def publish(times: int) -> None:
    for _ in range(times):
        publisher.publish(now=timezone.now())


class TestSecondPublisher:
    def test_leaves_all_to_the_one_that_runs(self, crew: Hire):
        cast.player("Alice", USD)
        waiting = Outbox.objects.count()

        with transaction.atomic():
            sql.fetch("select pg_advisory_xact_lock(%s)", [publisher.ADVISORY_LOCK])
            crew(1).each([partial(publish, 1)])
            assert (Outbox.objects.count(), KeyEvent.objects.count()) == (waiting, 0)

        publish(1)
        assert (Outbox.objects.count(), KeyEvent.objects.count()) == (0, 1)


class TestTwoPublishers:
    def test_number_events_without_a_gap_and_leave_the_newest_state(self, crew: Hire):
        players = [cast.player(name, USD) for name in ("Alice", "Charlie", "Dora")]

        crew(6).each([partial(change, who, 15) for who in players] + [partial(publish, 30)] * 3)
        publish(1)

        positions = list(KeyEvent.objects.order_by("position").values_list("position", flat=True))
        assert positions == list(range(1, len(positions) + 1))
        assert not Outbox.objects.exists()
        for who in players:
            cached = json.loads(valkey.client().get(valkey.key_state(who.digest.hex())))  # type: ignore[arg-type]
            now = key_states.get(who.digest, now=timezone.now()).as_json()
            assert cached == now
            assert cached["state_version"] == who.wallet().state_version

    def test_write_each_keys_versions_in_rising_order(self, crew: Hire):
        alice = cast.player("Alice", USD)

        crew(3).each([partial(change, alice, 25), partial(publish, 30), partial(publish, 30)])
        publish(1)

        events = KeyEvent.objects.order_by("position")
        versions = [event.state["state_version"] for event in events]
        assert versions == sorted(versions)
