"""The one order in which wallets are locked."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from billing import sql
from billing.ledger.book import Book
from tests import cast
from tests.concurrency.crew import Crew

Hire = Callable[[int], Crew]

LOCK = "select from wallet where customer_id = %s for update nowait"


class TestBook:
    @pytest.mark.parametrize("given", ["ascending", "descending"])
    def test_waits_for_the_lowest_wallet_before_it_locks_a_higher_one(self, crew: Hire, given: str):
        players = [cast.player(name, cast.USD).id for name in ("Alice", "Bob", "Charlie")]
        lowest, *higher = sorted(players)
        order = sorted(players, reverse=given == "descending")

        def lock_all() -> None:
            with transaction.atomic():
                Book.lock(order, now=timezone.now())

        with transaction.atomic():
            sql.fetch(LOCK, [lowest])
            waiting = crew(1).begin(lock_all)
            free = [is_free(customer_id) for customer_id in higher]

        waiting.result()
        assert free == [True, True]


def is_free(customer_id: object) -> bool:
    """Whether nobody keeps this wallet locked."""
    try:
        with transaction.atomic():
            sql.fetch(LOCK, [customer_id])
    except Exception as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return connection.in_atomic_block
