"""The tasks that beat runs: each does its work once, however often it is delivered."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from uuid_utils.compat import uuid7

from billing import tasks, valkey
from billing.errors import Refused
from billing.models import Hold, KeyEvent
from billing.services import credits
from config.celery import app
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD

pytestmark = pytest.mark.django_db
PUBLISHER = "wake:billing.tasks.publish_key_states"


@pytest.fixture(autouse=True)
def _fresh():
    cast.model()
    valkey.client().flushdb()
    yield
    valkey.client().flushdb()


class TestTask:
    def test_expires_holds_and_wakes_the_publisher_for_them(self):
        alice = cast.player("Alice", USD)
        past = timezone.now() - timedelta(minutes=2)
        cast.hold(alice, now=past, ttl_s=60, request_id=cast.id_at(past))
        valkey.client().flushdb()

        tasks.expire_holds()
        assert valkey.client().delete(PUBLISHER)
        tasks.expire_holds()

        assert Hold.objects.get().state == "expired"
        assert alice.wallet().held_nanos == 0
        assert not valkey.client().exists(PUBLISHER)

    def test_expires_lots_and_wakes_the_publisher_for_them(self):
        alice = cast.player("Alice")
        credits.grant(
            customer_id=alice.id,
            amount_nanos=USD,
            reason="test",
            effect_key="test",
            now=timezone.now() - timedelta(days=2),
            expires_at=timezone.now() - timedelta(days=1),
        )
        tasks.expire_lots()
        assert valkey.client().delete(PUBLISHER)
        tasks.expire_lots()
        assert alice.wallet().balance_nanos == 0
        assert not valkey.client().exists(PUBLISHER)

    def test_judges_cut_offs_and_wakes_the_publisher_for_them(self, settings: Settings):
        alice = cast.player("Alice", USD)
        usual, settings.CUT_OFF_BELOW_NANOS = settings.CUT_OFF_BELOW_NANOS, 2 * USD
        valkey.client().flushdb()

        tasks.judge_cut_offs()
        assert valkey.client().delete(PUBLISHER)
        tasks.judge_cut_offs()

        assert alice.wallet().cut_off_at is not None
        assert not valkey.client().exists(PUBLISHER)

        settings.CUT_OFF_BELOW_NANOS = usual
        tasks.judge_cut_offs()
        assert alice.wallet().cut_off_at is None

    def test_is_named_by_every_entry_of_beat_for_billing(self):
        named = {str(entry["task"]) for entry in app.conf.beat_schedule.values()}
        assert {name for name in app.tasks if name.startswith("billing.")} == {
            name for name in named if name.startswith("billing.")
        }

    def test_publishes_once_and_allows_the_next_wake_up(self):
        cast.player("Alice", USD)
        valkey.client().set(PUBLISHER, 1)
        for _ in range(2):
            tasks.publish_key_states()
        assert KeyEvent.objects.count() == 1
        assert not valkey.client().exists(PUBLISHER)

    def test_keeps_partitions_ahead(self):
        for _ in range(2):
            tasks.ensure_partitions()

    def test_forgets_refusals_after_a_day(self):
        dora = cast.player("Dora", 1000 * OUTPUT_TOKEN)
        for hours in (23, 25):
            at = timezone.now() - timedelta(hours=hours)
            with pytest.raises(Refused):
                cast.hold(dora, now=at, out=2000, request_id=cast.id_at(at))
        kept = cast.hold(dora, request_id=uuid7(), out=1)

        for _ in range(2):
            tasks.forget()
        assert sorted(Hold.objects.values_list("state", flat=True)) == ["open", "refused"]
        assert Hold.objects.filter(request_id=kept.request_id).exists()
