"""Alipay's stand-in on a free port, our client of it, and an address that its notifications reach."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from billing.payments.alipay.account import Account
from billing.payments.alipay.keys import load_private_key, load_public_key
from billing.payments.alipay.provider import Alipay
from billing.payments.names import Method
from billing.payments.protocol import Message, Order
from sandbox.alipay import rsa
from tests.sandbox_servers import Control, running

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"


@cache
def app_key() -> RSAPrivateKey:
    """The key that we sign with."""
    return rsa.new_key()


@cache
def alipay_key() -> RSAPrivateKey:
    """The key that Alipay's stand-in signs with."""
    return rsa.new_key()


def account(gateway: str, **changes: str) -> Account:
    return Account(
        app_id=changes.get("app_id", APP_ID),
        seller_id=changes.get("seller_id", SELLER_ID),
        private_key=load_private_key(changes.get("private_key") or rsa.private_text(app_key())),
        public_key=load_public_key(changes.get("public_key") or rsa.public_text(alipay_key())),
        gateway=gateway,
    )


def order(
    callbacks: "Callbacks", *, method: Method = Method.PAGE, fen: int = 10_050, **changes: str
) -> Order:
    """An order of a hundred yuan and a half, with a description that a signature has to survive."""
    reference = changes.get("reference") or uuid4().hex
    return Order(
        reference=reference,
        top_up_id=UUID(int=1),
        customer_id=UUID(int=2),
        method=method,
        amount_minor=fen,
        currency="CNY",
        description=changes.get("description", "API Models 额度 100% + ¥/=&"),
        email="alice@example.com",
        return_url="http://127.0.0.1:1/top-ups/1?a=b",
        cancel_url="http://127.0.0.1:1/top-ups",
        notify_url=callbacks.url,
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


@dataclass
class Callbacks:
    """What arrived; `answers` are given one after the other, then `success`."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes) -> tuple[int, bytes]:
        with self.arrived:
            self.bodies.append(body)
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else (200, b"success")

    def wait_for(self, count: int) -> list[bytes]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= count, timeout=60)
            return list(self.bodies)

    def read(self, provider: Alipay) -> list[Message]:
        return [provider.read_message(body, {}, now=datetime.now(UTC)) for body in self.bodies]


@contextlib.contextmanager
def listening() -> Iterator[Callbacks]:
    callbacks = Callbacks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = callbacks.take(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing: what arrived is what the test looks at."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    callbacks.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/alipay"
    try:
        yield callbacks
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def alipay_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    keys = tmp_path_factory.mktemp("alipay") / "keys.json"
    write_keys(keys)
    with running(("--alipay-port", "0", "--alipay-keys", str(keys))) as servers:
        yield Control(servers.addresses["alipay"])


def write_keys(file: Path) -> None:
    kept = {
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        "app_public_key": rsa.public_text(app_key()),
        "private_key": rsa.private_text(alipay_key()),
    }
    file.write_text(json.dumps(kept))


@pytest.fixture
def alipay_sandbox(alipay_server: Control) -> Iterator[Control]:
    """The stand-in, empty, well-behaved and without its answer time."""
    alipay_server.reset()
    alipay_server.answer_in(0)
    yield alipay_server
    alipay_server.reset()


@pytest.fixture
def alipay(alipay_sandbox: Control) -> Alipay:
    """Our client, as production makes it, with nothing changed but address and keys."""
    return Alipay(account(f"{alipay_sandbox.url}/gateway.do"))


@pytest.fixture
def callbacks(alipay_sandbox: Control) -> Iterator[Callbacks]:
    """Notifications wait until the test flushes them."""
    with listening() as made:
        alipay_sandbox.pause()
        yield made
        alipay_sandbox.reset()
