"""A Valkey that is flushed, down or slow: requests are billed as ever, and the tables say what waits."""

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing import valkey
from billing.models import KeyEvent, Outbox
from billing.services import customers, key_events, publisher
from billing.tasks import publish_key_states
from tests import cast, gateways
from tests.cast import USD
from tests.concurrency.crew import Crew
from tests.faults.sizes import times
from tests.gateways import Gateway
from usage.models import Charge, UsageEvent
from usage.tasks import settle

Hire = Callable[[int], Crew]


def bill(gateway: Gateway, who: cast.Player) -> None:
    """One request, from its hold to its report."""
    body = gateways.hold_body(who, bounds={"input": 0, "output": 10})
    assert gateway.post("holds", body).status_code == 201
    event = gateways.event_body(who, request_id=body["request_id"], meters={"output": 1})
    assert gateway.post("usage", {"events": [event]}).status_code == 202


def sweep() -> None:
    """What beat does every second, whatever became of the wake-ups."""
    settle()
    publish_key_states()


@pytest.fixture
def away(settings: Settings) -> Iterator[Callable[[str], None]]:
    """Takes Valkey away: "down", or "silent", which takes connections and never says a word; or "back"."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as mute:
        silent = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        urls = {"back": settings.REDIS_URL, "silent": silent, "down": "redis://127.0.0.1:1/0"}

        def use(how: str) -> None:
            settings.REDIS_URL = urls[how]
            valkey.client.cache_clear()

        yield use
        use("back")


class TestFlushed:
    def test_loses_no_work(self, crew: Hire, gateway: Gateway):
        """Four gateways bill while Valkey is emptied after every request of one of them."""
        players = [cast.player(f"Customer-{n}", USD) for n in range(4)]
        count = times(5)

        def trade(who: cast.Player) -> None:
            for _ in range(count):
                bill(gateway, who)
                if who is players[0]:
                    valkey.client().flushdb()

        crew(4).each([partial(trade, who) for who in players])
        while UsageEvent.objects.exists() or Outbox.objects.exists():
            sweep()

        assert Charge.objects.count() == 4 * count
        assert all(who.wallet().held_nanos == 0 for who in players)

    def test_is_told_every_key_again_when_it_changes(self):
        alice = cast.player("Alice", USD)
        publisher.publish(now=timezone.now())
        valkey.client().flushdb()

        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())
        publisher.publish(now=timezone.now())

        assert valkey.client().get(valkey.key_state(alice.digest.hex()))


@pytest.mark.parametrize("how", ["down", "silent"])
class TestAway:
    def test_stops_no_billing(self, gateway: Gateway, away: Callable[[str], None], how: str):
        alice = cast.player("Alice", USD)
        away(how)

        for _ in range(5):
            bill(gateway, alice)
        settle()

        assert Charge.objects.count() == 5
        assert not UsageEvent.objects.exists()
        assert alice.wallet().held_nanos == 0

    def test_keeps_key_states_until_it_is_back(self, away: Callable[[str], None], how: str):
        """Readers of key events get them all the same: those come from the table."""
        alice = cast.player("Alice", USD)
        publisher.publish(now=timezone.now())
        away(how)
        customers.freeze(customer_id=alice.id, reason="test", now=timezone.now())

        with pytest.raises(redis.RedisError):
            publisher.publish(now=timezone.now())
        assert key_events.read(0).as_json()["events"][-1]["state"] == "frozen"
        assert KeyEvent.objects.filter(cached_at=None).count() == 1

        away("back")
        publisher.publish(now=timezone.now())
        cached = json.loads(valkey.client().get(valkey.key_state(alice.digest.hex())))  # type: ignore[arg-type]
        assert cached["state"] == "frozen"
        assert not KeyEvent.objects.filter(cached_at=None).exists()
