"""Throw-away engines for tests, drills and replays: in a temporary folder that is gone afterwards."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from config.stack import engines, places, state
from config.stack.supervisor import Supervisor

_PREFIX = "api-models-throw-away-"
_OF_OTHER_ENGINES = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "PUBLIC_URL",
    "DATA_DIR",
}


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Yield a temporary data folder; remove it afterwards, and those that killed processes left behind."""
    data_dir = places.throw_away(f"{_PREFIX}{os.getpid()}-")
    _remove_abandoned(data_dir.parent)
    try:
        yield data_dir
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


@contextlib.contextmanager
def running_engines(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Yield the settings of a PostgreSQL and a Valkey of one's own; by default faster and less durable."""
    with folder() as data_dir, (data_dir / "engines.log").open("a", buffering=1) as log:
        supervisor = Supervisor(lambda name, line: print(name, line, sep=" | ", file=log))
        environ = {"DATA_DIR": str(data_dir), **state.load(data_dir).environ()}
        claim = engines.lock(data_dir, "a throw-away stack")
        try:
            engines.start(supervisor, data_dir, durable=durable, environ=environ)
            yield environ
        finally:
            supervisor.stop()
            claim.release()


def inherited_environ() -> dict[str, str]:
    """Return our environment without what points at other engines."""
    return {name: value for name, value in os.environ.items() if name not in _OF_OTHER_ENGINES}


def _remove_abandoned(parent: Path) -> None:
    for path in parent.glob(f"{_PREFIX}*"):
        owner = path.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and path.stat().st_uid == os.getuid() and not _is_alive(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
