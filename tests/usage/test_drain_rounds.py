"""Settlement goes round the customers: whole customers in a batch, and a turn for everybody."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests import cast
from tests.cast import USD, Player
from usage.models import Charge, UsageEvent
from usage.services.settlement import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Player]:
    """Customers in the order in which settlement comes to them."""
    cast.model()
    return sorted((cast.player(name, USD) for name in ("Alice", "Charlie")), key=lambda player: player.id)


def send(player: Player, events: int) -> None:
    cast.send(*(cast.report(player, output=1) for _ in range(events)))


def settle_one_batch() -> int:
    return drain.settle_next(now=timezone.now()).events


class TestRound:
    def test_gives_the_next_customer_a_turn_before_one_with_many_events_is_done(
        self, settings: Settings, people: list[Player]
    ):
        settings.SETTLE_BATCH_SIZE = 2
        send(people[0], 7)
        send(people[1], 1)

        settle_one_batch()
        settle_one_batch()

        assert Charge.objects.filter(customer=people[1].customer).count() == 1
        assert UsageEvent.objects.filter(customer_id=people[0].id).count() == 5

    def test_takes_a_customer_whole_or_leaves_it_for_the_next_batch(
        self, settings: Settings, people: list[Player]
    ):
        settings.SETTLE_BATCH_SIZE = 3
        send(people[0], 2)
        send(people[1], 2)

        assert [settle_one_batch(), settle_one_batch(), settle_one_batch()] == [2, 2, 0]

    def test_comes_back_to_customers_before_the_last_one(self, people: list[Player]):
        send(people[1], 1)
        settle_one_batch()
        send(people[0], 1)

        assert [settle_one_batch(), settle_one_batch()] == [1, 0]
