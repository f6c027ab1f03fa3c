"""Audits the books after every test that touches them; money folders switch it on in their conftest.

    from tests.audit_fixture import audited  # noqa: F401

A test that damages the books on purpose requests the fixture `unaudited`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.pq import TransactionStatus

from billing import sql
from usage.audit import run
from usage.audit.invariants import ALL

# What depends on the clock is left out, because tests live at all times of day.
_CLOCKED = {
    "holds_end_in_time",
    "states_are_published",
    "usage_is_settled",
    "partitions_reach_ahead",
    "messages_are_handled",
    "top_ups_are_asked_about",
}
_INVARIANTS = [invariant for invariant in ALL if invariant.name not in _CLOCKED]
_DATABASE_FIXTURES = ("committed_db", "transactional_db", "db")


def broken() -> dict[str, tuple[object, ...]]:
    """The invariants that do not hold right now, with sample rows."""
    findings = run.check(sql.fetch, now=datetime.now(UTC), invariants=_INVARIANTS)
    return {finding.invariant.name: finding.samples for finding in findings if finding.count}


@pytest.fixture
def unaudited() -> None:
    """Requested by a test that leaves wrong books behind."""


@pytest.fixture(autouse=True)
def audited(request: pytest.FixtureRequest) -> Iterator[None]:
    # Set up after the database's fixture, so that the audit runs before that one cleans up.
    uses_database = request.node.get_closest_marker("django_db") is not None
    for name in _DATABASE_FIXTURES:
        if name in request.fixturenames:
            request.getfixturevalue(name)
            uses_database = True
    yield
    if uses_database and "unaudited" not in request.fixturenames and not _is_aborted():
        assert broken() == {}


def _is_aborted() -> bool:
    """Whether the test failed inside its transaction, so that nothing can be read any more."""
    driver = connection.connection
    return driver is not None and driver.info.transaction_status == TransactionStatus.INERROR
