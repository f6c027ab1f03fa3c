"""The bench's own engines, as durable as production's, and a fresh database for each stage."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench import rows
from bench.rows import Row
from config.stack import ports, stack, state, throw_away
from config.stack.programs import ROOT

TEMPLATE = state.DATABASE


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL and a Valkey; `environ` points at the template, which stages copy and nobody changes."""

    environ: Mapping[str, str]
    superuser_url: str

    @contextmanager
    def database(self, name: str, *, of: str = TEMPLATE) -> Iterator[dict[str, str]]:
        """Lend a copy of the database `of`, and the environment that points at it."""
        # A copy of the files is also written out, so that no stage pays for what another one left.
        self._execute("create database {} template {} owner owner strategy file_copy", name, of)
        self._execute("revoke all on database {} from public", name)
        self._execute("grant connect on database {} to app", name)
        try:
            yield self.pointing_at(name)
        finally:
            self._execute("drop database {} with (force)", name)

    def pointing_at(self, database: str) -> dict[str, str]:
        urls = {
            variable: urlunsplit(urlsplit(self.environ[variable])._replace(path=f"/{database}"))
            for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
        }
        return {**self.environ, **urls}

    def _execute(self, statement: str, *databases: str) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


@contextmanager
def running() -> Iterator[Cluster]:
    """Start engines of one's own with the settings of `make run`, migrate, and load the catalogue."""
    with throw_away.running_engines(durable=True) as engines:
        environ = {
            **throw_away.inherited_environ(),
            **engines,
            "PUBLIC_URL": f"http://127.0.0.1:{ports.choose()}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }
        stack.set_up(environ, lambda _name, _line: None, demo=False)
        yield Cluster(environ, state.load(Path(engines["DATA_DIR"])).superuser_url)


def run(stage: str, environ: Mapping[str, str], *arguments: str) -> str:
    """Run a module of the bench in a process of its own and return what it prints."""
    command = [sys.executable, "-m", "bench.child", stage, *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def measure(stage: str, environ: Mapping[str, str]) -> list[Row]:
    """Run a stage and return what it measured."""
    return rows.from_json(run(stage, environ))


def audit(environ: Mapping[str, str]) -> bool:
    """Whether every invariant holds; `manage.py audit` says on stderr which one does not."""
    with psycopg.connect(environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        # Autovacuum comes once a minute; a table that was empty a minute ago is planned for as empty.
        owner.execute("analyze")
    command = [sys.executable, "manage.py", "audit"]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        os.write(2, "".join(f"{line}\n" for line in done.stdout.splitlines() if " ok " not in line).encode())
    return done.returncode == 0
