"""The stand-ins of Stripe and Alipay as real processes on free ports, and a client for their control API."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent
STRIPE_KEY = "sk_test_sandbox"
STRIPE_WEBHOOK_SECRET = "whsec_sandbox"
PATIENCE_S = 120
# One client for all calls, which reads the machine's certificates once.
HTTP = httpx.Client(timeout=PATIENCE_S, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass(frozen=True)
class Control:
    """Steers one stand-in. What it refuses is an AssertionError: a test asked for nonsense."""

    url: str

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        response = HTTP.post(f"{self.url}/_control/{path}", json=body)
        assert response.status_code == 200, f"{path}: {response.text}"
        return dict(response.json())

    def get(self, path: str) -> dict[str, Any]:
        response = HTTP.get(f"{self.url}/_control/{path}")
        assert response.status_code == 200, f"{path}: {response.text}"
        return dict(response.json())

    def reset(self) -> None:
        self.post("reset")

    def seed(self, seed: int) -> None:
        self.post("seed", seed=seed)

    def faults(self, **faults: float) -> None:
        """Set the named faults; the others stay as they are."""
        self.post("faults", **faults)

    def advance(self, seconds: float) -> None:
        self.post("clock", advance_s=seconds)

    def set_clock(self, offset_s: float) -> None:
        self.post("clock", offset_s=offset_s)

    def answer_in(self, milliseconds: int) -> None:
        self.post("answer", ms=milliseconds)

    def pause(self) -> None:
        """Keep messages back until `resume` or `flush`."""
        self.post("pause")

    def resume(self) -> None:
        self.post("resume")

    def flush(self) -> dict[str, Any]:
        """Deliver every message now; answers when that is done."""
        return self.post("flush")

    def act(self, name: str, **body: Any) -> dict[str, Any]:
        """What a person or a bank does there: `complete`, `settle`, `refund`, `dispute` …"""
        return self.post(f"act/{name}", **body)

    def objects(self, kind: str) -> list[dict[str, Any]]:
        return list(self.get(f"objects/{kind}")["data"])

    def messages(self) -> list[dict[str, Any]]:
        return list(self.get("messages")["data"])

    def state(self) -> dict[str, Any]:
        return self.get("state")


@dataclass(frozen=True)
class Servers:
    """The addresses that the running stand-ins wrote, by name."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]

    @property
    def stripe(self) -> Control:
        return Control(self.addresses["stripe"])


@contextlib.contextmanager
def running(arguments: Sequence[str] = ("--stripe-port", "0")) -> Iterator[Servers]:
    """Start `python -m sandbox` and wait until it listens; it is gone afterwards."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Servers(process, read_addresses(process, sum(word.endswith("-port") for word in arguments)))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout
        process.stdout.close()


def read_addresses(process: subprocess.Popen[str], count: int) -> dict[str, str]:
    """The lines in which the stand-ins say where they listen; an early end fails at once."""
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(count)]
    assert all(lines), f"the stand-ins ended with {process.wait()}"
    return dict(line.split() for line in lines)


@pytest.fixture(scope="session")
def sandbox_servers() -> Iterator[Servers]:
    with running() as servers:
        yield servers


@pytest.fixture
def stripe_sandbox(sandbox_servers: Servers) -> Iterator[Control]:
    """Stripe's stand-in, empty, well-behaved and without its answer time; it sends webhooks nowhere yet."""
    control = sandbox_servers.stripe
    control.reset()
    control.answer_in(0)
    control.act("webhook", url="", secret=STRIPE_WEBHOOK_SECRET)
    yield control
    control.act("webhook", url="")
    control.reset()
