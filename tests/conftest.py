"""Databases for all tests: role `app` in the application, role `owner` for set-up and clean-up."""

from collections.abc import Iterator

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests import databases

# How long an example takes says how busy the machine is, nothing about the code.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace pytest-django's: its test database would be made by role `app`, which may not."""
    with django_db_blocker.unblock():
        databases.create()
        connections.close_all()
        yield
        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a test commit for real and use threads; afterwards every row is gone. Valkey is empty at its start.

    Threads close their own connections (`django.db.connections.close_all()`).
    """
    _flush_valkey()
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        databases.empty()
    _flush_valkey()


def _flush_valkey() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """Yield an autocommit connection of role `owner`; what it writes is not rolled back by `db`."""
    with databases.connect_as_owner() as connection:
        yield connection
