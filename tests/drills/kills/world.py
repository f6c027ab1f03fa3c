"""The drill's world: a throw-away stack, proxies before web and database, and customers."""

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.stack import ports, postgres, state, throw_away, valkey
from config.stack.programs import ROOT, Shape
from config.stack.stack import Stack
from config.stack.state import Engines
from tests.config.processes import children, command_of, is_alive
from tests.drills.kills.orders import NANOS
from tests.drills.proxy import COMMIT_COMPLETE, HTTP_SUCCESS, Proxy

Say = Callable[[str, str], None]
PLENTY_USD = 500
POOL_CHILDREN = Shape().worker_concurrency


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and what it was granted before the drill."""

    email: str
    key_digest: str
    granted_nanos: int


@dataclass(frozen=True, slots=True)
class World:
    """`environ` is what a command is started with: it goes through the proxy, as our processes do."""

    stack: Stack
    engines: Engines
    web: Proxy
    database: Proxy
    environ: dict[str, str]
    token: str
    people: tuple[Person, ...]

    @property
    def poor(self) -> tuple[Person, ...]:
        """Those who have no credit yet, and get a little now and then."""
        return tuple(person for person in self.people if not person.granted_nanos)

    @property
    def url(self) -> str:
        """The service's address as the gateway sees it, behind a proxy."""
        return f"http://127.0.0.1:{self.web.port}"

    def ask(self, query: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Ask the database itself, past the proxy and with every right; raises `psycopg.OperationalError`."""
        with self.connect() as connection:
            return connection.execute(query.encode(), params).fetchall()

    def connect(self) -> psycopg.Connection:
        url = urlunsplit(urlsplit(self.engines.superuser_url)._replace(path=f"/{state.DATABASE}"))
        return psycopg.connect(url, connect_timeout=5)

    def children_of(self, name: str) -> list[int]:
        """The pids of a program's children that do its work."""
        pid = self.stack.pids().get(name)
        return sorted(
            child
            for child in (children(pid) if pid else ())
            if is_alive(child) and "resource_tracker" not in command_of(child)
        )

    def missing(self) -> list[str]:
        """The names of what does not run or does not answer."""
        pids = self.stack.pids()
        answers = {
            "postgres": lambda: postgres.accepts(self.engines),
            "valkey": lambda: valkey.accepts(self.engines),
            "web": lambda: _is_healthy(self.stack.shape.web_port),
            "key-events": lambda: _is_healthy(self.stack.shape.key_events_port),
            "worker": lambda: len(self.children_of("worker")) >= POOL_CHILDREN,
            "beat": lambda: is_alive(pids["beat"]),
        }
        return [name for name, does_answer in answers.items() if name not in pids or not does_answer()]


@contextlib.contextmanager
def running(*, customers: int, say: Say, sink: Say) -> Iterator[World]:
    """Start a world; everything of it is gone afterwards. `sink` gets the lines of all its processes."""
    with contextlib.ExitStack() as exits:
        data_dir = exits.enter_context(throw_away.folder())
        shape = Shape(web_port=ports.choose(), key_events_port=ports.choose())
        web = exits.enter_context(Proxy(lambda: shape.web_port, HTTP_SUCCESS))
        # Read each time: where something else took the port meanwhile, the stack chooses another one.
        database = exits.enter_context(Proxy(lambda: state.load(data_dir).postgres_port, COMMIT_COMPLETE))
        environ = {
            **throw_away.inherited_environ(),
            **state.load(data_dir).environ(),
            "DATA_DIR": str(data_dir),
            "PUBLIC_URL": f"http://127.0.0.1:{shape.web_port}",
        }
        through_proxy = {"DATABASE_URL": _at_port(environ["DATABASE_URL"], database.port)}
        stack = Stack(
            data_dir=data_dir,
            environ=environ,
            shape=shape,
            sink=sink,
            durable=False,
            for_services=through_proxy,
        )
        exits.callback(stack.stop)
        say("drill", "a throw-away service is starting")
        stack.start(note="a kill drill")
        token, people = _sign_up(customers, stack.environ)
        yield World(
            stack=stack,
            engines=state.load(data_dir),
            web=web,
            database=database,
            environ=stack.environ | through_proxy,
            token=token,
            people=people,
        )


def _sign_up(customers: int, environ: dict[str, str]) -> tuple[str, tuple[Person, ...]]:
    """Half of the customers have plenty, so that traffic never stops."""
    rich = customers // 2
    arguments = (str(customers), str(rich), str(PLENTY_USD))
    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.drills.kills.people", *arguments],
        cwd=ROOT,
        env=environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    found = json.loads(printed)
    people = [
        Person(**person, granted_nanos=PLENTY_USD * NANOS if number < rich else 0)
        for number, person in enumerate(found["people"])
    ]
    return found["token"], tuple(people)


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit(":", 1)[0]
    return urlunsplit(parts._replace(netloc=f"{host}:{port}"))


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
