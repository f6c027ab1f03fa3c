"""Publishing key states: positions without a gap, the highest version cached, nothing lost on the way."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing import valkey
from billing.models import KeyEvent, Outbox
from billing.services import customers, key_states, keys, publisher
from tests import cast
from tests.cast import USD

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_valkey(settings: Settings) -> Iterator[None]:
    """Nothing answers at Valkey's address."""
    with_valkey = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    valkey.client.cache_clear()
    yield
    settings.REDIS_URL = with_valkey
    valkey.client.cache_clear()


def publish() -> int:
    return publisher.publish(now=timezone.now())


def freeze(who: cast.Player) -> None:
    customers.freeze(customer_id=who.id, reason="test", now=timezone.now())


def unfreeze(who: cast.Player) -> None:
    customers.unfreeze(customer_id=who.id, reason="test", now=timezone.now())


def cached(who: cast.Player) -> dict[str, Any] | None:
    text = valkey.client().get(valkey.key_state(who.digest.hex()))
    assert text is None or isinstance(text, bytes)
    return json.loads(text) if text else None


def positions() -> list[int]:
    return list(KeyEvent.objects.order_by("position").values_list("position", flat=True))


class TestPublish:
    def test_turns_changes_into_events_and_cached_states(self):
        alice = cast.player("Alice", USD)
        assert cached(alice) is None

        assert publish() == 1

        state = key_states.get(alice.digest, now=timezone.now()).as_json()
        assert cached(alice) == state
        event = KeyEvent.objects.get()
        assert (event.position, bytes(event.key_digest), event.state) == (1, alice.digest, state)
        assert event.cached_at is not None
        assert not Outbox.objects.exists()

    def test_again_has_nothing_to_do(self):
        cast.player("Alice", USD)
        publish()
        assert publish() == 0
        assert positions() == [1]

    def test_numbers_events_without_a_gap(self):
        players = [cast.player(name, USD) for name in ("Alice", "Charlie", "Dora")]
        publish()
        for who in players:
            freeze(who)
            publish()
        keys.create(customer=players[0].customer, name="Second", now=timezone.now())
        publish()
        assert positions() == list(range(1, 9))

    def test_works_through_more_than_one_batch(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(publisher, "BATCH", 2)
        for number in range(5):
            cast.player(f"Customer-{number}", USD)
        assert publish() == KeyEvent.objects.count() >= 5
        assert not KeyEvent.objects.filter(cached_at=None).exists()

    def test_tells_each_key_of_the_customer(self):
        alice = cast.player("Alice", USD)
        second = keys.create(customer=alice.customer, name="Second", now=timezone.now())
        bob = cast.Player(alice.customer, second.secret, second.key.id)
        publish()
        freeze(alice)
        publish()
        for who in (alice, bob):
            state = cached(who)
            assert state is not None
            assert state["state"] == "frozen"

    def test_keeps_the_higher_version_in_the_cache(self):
        alice = cast.player("Alice", USD)
        publish()
        newer = key_states.get(alice.digest, now=timezone.now()).as_json()
        newer |= {"state_version": newer["state_version"] + 5, "state": "revoked"}
        valkey.client().set(valkey.key_state(alice.digest.hex()), json.dumps(newer))

        freeze(alice)
        publish()
        assert cached(alice) == newer

        for _ in range(4):
            unfreeze(alice)
            freeze(alice)
        publish()
        state = cached(alice)
        assert state is not None
        assert (state["state"], state["state_version"]) == ("frozen", alice.wallet().state_version)

    def test_lets_cached_states_lapse(self):
        alice = cast.player("Alice", USD)
        publish()
        lasts = valkey.client().ttl(valkey.key_state(alice.digest.hex()))
        assert 0 < int(lasts) <= 30 * 24 * 3600

    def test_tells_waiting_readers(self):
        cast.player("Alice", USD)
        with valkey.client().pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(valkey.KEY_EVENTS_CHANNEL)
            channel.get_message(timeout=1)
            publish()
            assert channel.get_message(timeout=1) is not None


class TestWithoutValkey:
    def test_raises_and_keeps_everything_for_later(self, settings: Settings, no_valkey: None):
        alice = cast.player("Alice", USD)
        freeze(alice)

        with pytest.raises(redis.ConnectionError):
            publish()
        assert KeyEvent.objects.filter(cached_at=None).count() == 1
        assert not Outbox.objects.exists()

    def test_is_made_up_for_when_it_is_back(self, request: pytest.FixtureRequest):
        alice = cast.player("Alice", USD)
        publish()
        valkey.client().delete(valkey.key_state(alice.digest.hex()))
        freeze(alice)
        KeyEvent.objects.update(cached_at=None)

        assert publish() == 2
        state = cached(alice)
        assert state is not None
        assert state["state"] == "frozen"
        assert positions() == [1, 2]

    def test_money_moves_all_the_same(self, no_valkey: None):
        cast.model()
        alice = cast.player("Alice", USD)
        held = cast.hold(alice, out=100)
        cast.send(cast.report(alice, held.request_id, output=100))
        assert cast.settle().charges == 1


class TestForgetEvents:
    def test_keeps_a_week_and_always_the_newest(self):
        alice = cast.player("Alice", USD)
        publish()
        freeze(alice)
        publish()
        now = timezone.now()

        assert publisher.forget_events(now=now + timedelta(days=6)) == 0
        assert publisher.forget_events(now=now + timedelta(days=8)) == 1
        assert positions() == [2]
        assert publisher.forget_events(now=now + timedelta(days=800)) == 0

        unfreeze(alice)
        publish()
        assert positions() == [2, 3]

    def test_keeps_what_is_not_cached_yet(self):
        alice = cast.player("Alice", USD)
        publish()
        freeze(alice)
        publish()
        KeyEvent.objects.update(cached_at=None)
        assert publisher.forget_events(now=timezone.now() + timedelta(days=8)) == 0

    def test_works_through_more_than_one_batch(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(publisher, "FORGET_BATCH", 2)
        for number in range(6):
            cast.player(f"Customer-{number}", USD)
        publish()

        assert publisher.forget_events(now=timezone.now() + timedelta(days=8)) == 5
        assert positions() == [6]
