"""A database that refuses a batch for its own reasons: the events wait, and are charged once it is mended."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import InternalError, NotSupportedError, ProgrammingError, connections
from structlog.testing import capture_logs

from tests import cast
from tests.cast import OUTPUT_TOKEN, USD, Player
from usage.models import QuarantinedEvent, UsageEvent


@pytest.fixture
def alice(committed_db: None) -> Player:
    cast.model()
    alice = cast.player("Alice", USD)
    cast.send(*(cast.report(alice, output=1) for _ in range(3)))
    return alice


@contextmanager
def refusing(owner: psycopg.Connection, condition: str) -> Iterator[None]:
    """Inserting a charge fails with this condition."""
    owner.execute(f"""
        create function refuse() returns trigger language plpgsql as
            'begin raise exception using errcode = ''{condition}''; end';
        create trigger refuses before insert on charge for each row execute function refuse();
    """)
    try:
        yield
    finally:
        owner.execute("drop function refuse cascade")


class TestRefusal:
    @pytest.mark.parametrize(
        ("condition", "error"),
        [
            ("read_only_sql_transaction", InternalError),
            ("undefined_column", ProgrammingError),
            ("undefined_table", ProgrammingError),
            ("insufficient_privilege", ProgrammingError),
            ("feature_not_supported", NotSupportedError),
        ],
    )
    def test_by_the_database_quarantines_no_event(
        self, alice: Player, owner_connection: psycopg.Connection, condition: str, error: type[Exception]
    ):
        with refusing(owner_connection, condition), capture_logs() as logs, pytest.raises(error):
            cast.settle()

        assert UsageEvent.objects.count() == 3
        assert not QuarantinedEvent.objects.exists()
        assert logs[-1]["event"] == "settlement waits: the database refuses it"
        assert cast.settle().charges == 3
        assert alice.wallet().balance_nanos == USD - 3 * OUTPUT_TOKEN

    def test_of_a_column_that_is_not_migrated_yet(self, alice: Player, owner_connection: psycopg.Connection):
        """A deploy brings the new code before the migration that it needs."""
        owner_connection.execute("alter table usage_daily rename column web_search to searches")
        try:
            with pytest.raises(ProgrammingError):
                cast.settle()
        finally:
            owner_connection.execute("alter table usage_daily rename column searches to web_search")
            connections.close_all()

        assert not QuarantinedEvent.objects.exists()
        assert cast.settle().charges == 3
