"""pytest plugin: one throw-away PostgreSQL and Valkey per session, one database per xdist worker.

Loaded by `-p tests.engines`, so that the environment is ready before Django reads its settings. With
DATABASE_URL set, that server is used instead: its owner needs createdb and `set` on session_replication_role.
"""

import atexit
import contextlib
import os
from collections.abc import Generator, Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from config.stack import throw_away

_session = contextlib.ExitStack()
# pytest_unconfigure does not run when loading a conftest fails.
atexit.register(_session.close)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and not os.environ.get("DATABASE_URL"):
        os.environ.update(_session.enter_context(throw_away.running_engines()))
    _use_own_databases(worker or "main")
    # Tests that race many threads need a connection for each of them.
    os.environ.setdefault("DATABASE_POOL_SIZE", "40")
    os.environ.setdefault("PUBLIC_URL", "http://127.0.0.1:8000")
    return (yield)


def pytest_unconfigure() -> None:
    _session.close()


@contextlib.contextmanager
def of_a_drill() -> Iterator[None]:
    """Start engines for a command that is no test session, and point Django's settings at them."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "TEST_TEMPLATE_URL"):
        os.environ.pop(name, None)
    with throw_away.running_engines() as environ:
        os.environ.update(environ)
        _use_own_databases("drill")
        os.environ.setdefault("PUBLIC_URL", "http://127.0.0.1:8000")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        yield


def _use_own_databases(worker: str) -> None:
    """Give this process a database and a Valkey number of its own, derived from the worker's name."""
    number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    os.environ.setdefault("TEST_TEMPLATE_URL", os.environ["DATABASE_OWNER_URL"])
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[name] = _with_path(os.environ[name], f"test_{worker}")
    os.environ["REDIS_URL"] = _with_path(os.environ["REDIS_URL"], str(number))


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))
