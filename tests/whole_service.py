"""The whole service as `make run` starts it, with demo and stand-ins of providers, thrown away afterwards."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from config.stack.stack import Stack, throw_away_stack
from tests.sandbox_servers import Control

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class WholeService:
    """`demo` are the logins that a newcomer finds in demo.env; `lines` is what the processes print."""

    stack: Stack
    demo: dict[str, str]
    lines: list[str] = field(repr=False)

    @property
    def url(self) -> str:
        return self.stack.url

    @property
    def stripe(self) -> Control:
        return Control(self.stack.environ["STRIPE_API_BASE"])

    @property
    def alipay(self) -> Control:
        return Control(self.stack.environ["ALIPAY_GATEWAY"].removesuffix("/gateway.do"))

    def manage(self, *arguments: str) -> str:
        """Run a command as an operator does; its own failure is an AssertionError with its words."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.stack.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.environ["DATABASE_URL"]) as connection:
            return connection.execute(query.encode()).fetchall()

    def audit(self) -> None:
        assert "invariants hold" in self.manage("audit")


@contextlib.contextmanager
def running() -> Iterator[WholeService]:
    lines: list[str] = []
    with throw_away_stack(sink=lambda name, line: lines.append(f"{name} {line}"), sandbox=True) as stack:
        service = WholeService(stack, {}, lines)
        for line in service.manage("seed_demo").splitlines():
            name, _, value = line.partition("=")
            service.demo[name] = value
        yield service


def eventually(is_so: Callable[[], object], *, within_s: float) -> bool:
    """Wait for what other processes do."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
