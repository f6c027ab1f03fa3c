"""Work on many customers: a wallet that somebody keeps locked stops nobody else's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from billing.models import KeySpend
from billing.services import key_periods
from billing.services.holds import end
from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player

TODAY = timezone.now().date()
MIDNIGHT = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(minutes=1), MIDNIGHT + timedelta(minutes=1)
LIMIT = 1000


@pytest.fixture
def players(committed_db: None) -> list[Player]:
    cast.model()
    return [cast.player(name, USD) for name in ("Alice", "Charlie", "Dora")]


@contextmanager
def locked(owner: psycopg.Connection, who: Player) -> Iterator[None]:
    """Somebody keeps the wallet for longer than we wait."""
    with owner.transaction(), connection.cursor() as cursor:
        owner.execute("select from wallet where customer_id = %s for update", [who.id])
        cursor.execute("set lock_timeout = '50ms'")
        try:
            yield
        finally:
            cursor.execute("reset lock_timeout")


class TestLockedWallet:
    @pytest.mark.parametrize("per_batch", [1, 500])
    def test_leaves_the_holds_of_others_to_expire(
        self,
        players: list[Player],
        owner_connection: psycopg.Connection,
        monkeypatch: pytest.MonkeyPatch,
        per_batch: int,
    ):
        monkeypatch.setattr(end, "CUSTOMERS_PER_BATCH", per_batch)
        held = [cast.hold(who, out=100) for who in players]
        over = max(each.expires_at for each in held)

        with locked(owner_connection, players[1]), capture_logs() as logs:
            assert end.expire(now=over) == 2

        assert [who.wallet().held_nanos for who in players] == [0, held[1].amount_nanos, 0]
        assert [line["customer_id"] for line in logs] == [str(players[1].id)]
        assert end.expire(now=over) == 1
        assert players[1].wallet().held_nanos == 0

    def test_leaves_the_periods_of_others_to_turn(
        self, players: list[Player], owner_connection: psycopg.Connection
    ):
        for who in players:
            cast.limit(who, LIMIT * OUTPUT_TOKEN, "day", now=BEFORE)
            cast.send(cast.report(who, cast.id_at(BEFORE), output=LIMIT), now=BEFORE)
        cast.settle(now=BEFORE)

        with locked(owner_connection, players[1]):
            assert key_periods.turn_all(now=AFTER) == 2

        assert [row.customer_id for row in KeySpend.objects.exclude(cut_off_at=None)] == [players[1].id]
        assert key_periods.turn_all(now=AFTER) == 1
