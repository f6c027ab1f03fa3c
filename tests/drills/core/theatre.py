"""Opens histories on one database: rolled back at their end, or committed step by step and deleted."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections, transaction

from billing import valkey
from catalog import prices
from tests import databases
from tests.drills.core import setting
from tests.drills.core.history import History
from tests.drills.core.service import clock, stage
from tests.drills.core.service.stage import Stage

# Rolled-back rows are dead rows: without a vacuum the audit would read more of them with every history.
VACUUM_EVERY = 25


@contextmanager
def on_new_database() -> Iterator["Theatre"]:
    """Create and migrate the database that the settings name; its connections are closed afterwards."""
    databases.create()
    try:
        yield Theatre()
    finally:
        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]


class Theatre:
    """Owns the stage of all histories of a process."""

    def __init__(self) -> None:
        clock.install()
        self._stage: Stage = stage.build()
        self._opened = 0

    @contextmanager
    def history(self, start: int, *, commits: bool = False) -> Iterator[History]:
        """Yield a history that begins at `start`; afterwards everything is as before it."""
        self._tidy()
        threshold = settings.CUT_OFF_BELOW_NANOS
        settings.CUT_OFF_BELOW_NANOS = setting.CUT_OFF_BELOW
        valkey.client().flushdb()
        prices.forget()
        clock.use()
        _keep_plans()
        try:
            if commits:
                yield History(self._stage.copy(), start)
            else:
                with transaction.atomic():
                    yield History(self._stage.copy(), start)
                    transaction.set_rollback(True)
        finally:
            settings.CUT_OFF_BELOW_NANOS = threshold
            clock.put_away()
            prices.forget()
            if commits:
                self._rebuild()

    def _rebuild(self) -> None:
        connections.close_all()
        databases.empty()
        self._stage = stage.build()

    def _tidy(self) -> None:
        self._opened += 1
        if self._opened % VACUUM_EVERY == 0:
            with databases.connect_as_owner() as owner:
                owner.execute("vacuum")


def _keep_plans() -> None:
    """Let the driver keep all plans: the names of savepoints would push those of the audit out."""
    connection.ensure_connection()
    assert connection.connection is not None
    connection.connection.prepared_max = 1000
