"""Starts the embedded engines of a data folder, and lets several commands share them."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.stack import locks, places, ports, postgres, state, valkey
from config.stack.process import Sink
from config.stack.state import Engines
from config.stack.supervisor import StartFailedError, Supervisor

_OTHERS_START_WITHIN_S = 30


class AlreadyRunningError(Exception):
    """Another process runs the engines of this data folder; the message says which."""


def lock(data_dir: Path, note: str) -> locks.FileLock:
    """Claim the engines of `data_dir` for this process, or raise AlreadyRunningError."""
    state.make_data_dir(data_dir)
    claim = locks.FileLock(data_dir / "engines.lock")
    if not claim.try_exclusive(f"{note} (process {os.getpid()})"):
        raise AlreadyRunningError(f"{claim.holder()} already runs the engines in {data_dir}")
    return claim


def start(supervisor: Supervisor, data_dir: Path, *, durable: bool, environ: dict[str, str]) -> None:
    """Start those engines that `environ` points at; the caller holds the lock.

    Changes `environ` where something else has taken a port meanwhile.
    """
    needs_postgres, needs_valkey = _needs(data_dir, environ)
    place = places.choose(data_dir)
    engines = _with_free_ports(data_dir)
    _point_at(engines, environ, postgres=needs_postgres, valkey=needs_valkey)

    if needs_postgres:
        supervisor.start(postgres.program(place, engines, durable=durable))
        postgres.set_up_roles(place, engines, for_tests=not durable)
    if needs_valkey:
        supervisor.start(valkey.program(place, engines, durable=durable))


@contextlib.contextmanager
def shared(data_dir: Path, *, sink: Sink, environ: dict[str, str]) -> Iterator[bool]:
    """Keep the engines running for the block; yields whether it had to start them.

    Whoever started them waits with stopping until the last user is done.
    """
    state.make_data_dir(data_dir)
    users = locks.FileLock(data_dir / "users.lock")
    users.wait_shared()
    supervisor = Supervisor(sink)
    try:
        claim = lock(data_dir, "a command")
    except AlreadyRunningError:
        try:
            _wait_until_up(data_dir, environ)
            yield False
        finally:
            users.release()
        return
    try:
        start(supervisor, data_dir, durable=True, environ=environ)
        yield True
    finally:
        users.wait_exclusive()
        supervisor.stop()
        claim.release()
        users.release()


def _needs(data_dir: Path, environ: Mapping[str, str]) -> tuple[bool, bool]:
    """Tell whether `environ` points at our own PostgreSQL and at our own Valkey."""
    engines = state.load(data_dir)
    return environ["DATABASE_URL"] == engines.database_url, environ["REDIS_URL"] == engines.redis_url


def _point_at(engines: Engines, environ: dict[str, str], *, postgres: bool, valkey: bool) -> None:
    if postgres:
        environ |= {"DATABASE_URL": engines.database_url, "DATABASE_OWNER_URL": engines.database_owner_url}
    if valkey:
        environ |= {"REDIS_URL": engines.redis_url}


def _wait_until_up(data_dir: Path, environ: dict[str, str]) -> None:
    """Wait for engines that another process is starting right now."""
    needs_postgres, needs_valkey = _needs(data_dir, environ)
    deadline = time.monotonic() + _OTHERS_START_WITHIN_S
    while time.monotonic() < deadline:
        engines = state.load(data_dir)
        _point_at(engines, environ, postgres=needs_postgres, valkey=needs_valkey)
        if (not needs_postgres or postgres.accepts(engines)) and (
            not needs_valkey or valkey.accepts(engines)
        ):
            return
        time.sleep(0.1)
    raise StartFailedError(f"the engines in {data_dir} belong to another process and do not answer")


def _with_free_ports(data_dir: Path) -> Engines:
    engines = state.load(data_dir)
    if not ports.is_free(engines.postgres_port):
        engines = state.update(data_dir, postgres_port=ports.choose())
    if not ports.is_free(engines.valkey_port):
        engines = state.update(data_dir, valkey_port=ports.choose())
    return engines
