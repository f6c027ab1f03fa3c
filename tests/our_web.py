"""Our own web application behind a real HTTP port, in threads of the test's process, and its providers."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from config.wsgi import application
from sandbox.alipay import rsa
from tests import alipay_servers
from tests.sandbox_servers import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, Control


class _Server(ThreadingMixIn, WSGIServer):
    """Waits for its threads at the end, so that none of them outlives the test's database."""

    daemon_threads = False
    block_on_close = True

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            connections.close_all()


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the application logs its requests itself."""


@dataclass(frozen=True)
class Web:
    url: str


@contextlib.contextmanager
def serving() -> Iterator[Web]:
    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield Web(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web(committed_db: None, settings: Settings) -> Iterator[Web]:
    with serving() as running:
        settings.PUBLIC_URL = running.url
        yield running


@pytest.fixture
def stripe_connected(web: Web, stripe_sandbox: Control, settings: Settings) -> Control:
    """Stripe's stand-in, to which we talk and which sends us its webhooks."""
    settings.STRIPE_SECRET_KEY = STRIPE_KEY
    settings.STRIPE_WEBHOOK_SECRET = STRIPE_WEBHOOK_SECRET
    settings.STRIPE_API_BASE = stripe_sandbox.url
    stripe_sandbox.act("webhook", url=f"{web.url}/webhooks/stripe", secret=STRIPE_WEBHOOK_SECRET)
    return stripe_sandbox


@pytest.fixture
def alipay_connected(web: Web, alipay_sandbox: Control, settings: Settings) -> Control:
    settings.ALIPAY_APP_ID = alipay_servers.APP_ID
    settings.ALIPAY_SELLER_ID = alipay_servers.SELLER_ID
    settings.ALIPAY_PRIVATE_KEY = rsa.private_text(alipay_servers.app_key())
    settings.ALIPAY_PUBLIC_KEY = rsa.public_text(alipay_servers.alipay_key())
    settings.ALIPAY_GATEWAY = f"{alipay_sandbox.url}/gateway.do"
    return alipay_sandbox
