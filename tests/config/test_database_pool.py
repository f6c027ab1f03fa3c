"""The pool of connections, with a database that was away."""

import time
from copy import deepcopy
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from psycopg_pool import PoolTimeout

from config.stack import ports
from tests.drills.proxy import COMMIT_COMPLETE, Proxy

AWAY_FOR_S = 9
WAITS_S = 1


class TestPool:
    @pytest.mark.slow
    def test_connects_within_seconds_however_long_the_database_was_away(self, django_db_setup):
        server = {"port": ports.choose()}
        with Proxy(lambda: server["port"], COMMIT_COMPLETE) as proxy:
            connection = _connection(proxy.port)
            until = time.monotonic() + AWAY_FOR_S
            while time.monotonic() < until:
                with pytest.raises((OperationalError, PoolTimeout)):
                    connection.ensure_connection()

            server["port"] = int(settings.DATABASES["default"]["PORT"])

            assert _connects(connection, within_s=4)
            connection.close()
            connection.close_pool()


def _connection(port: int) -> Any:
    """A connection with a pool like that of the settings, to another port, whose users wait a second only."""
    database = deepcopy(settings.DATABASES["default"])
    database |= {"HOST": "127.0.0.1", "PORT": port}
    database["OPTIONS"]["pool"]["timeout"] = WAITS_S
    connection: Any = ConnectionHandler({"default": database})["default"]
    # Else it shares the pool of all connections with its alias in this process.
    connection._connection_pools = {}
    return connection


def _connects(connection, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            connection.ensure_connection()
        except (OperationalError, PoolTimeout):
            continue
        return True
    return False
