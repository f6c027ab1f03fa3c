"""The service on a socket of its own, with a worker beside it, for tests of what talks HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone

from billing.services import publisher
from billing.services.holds import end
from tests import cast
from usage.replay.traffic import LOST_HOLD_TTL_S


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_args: Any) -> None:
        """Tests read no access log."""


class Unreliable:
    """Loses every third answer after the work behind it was done, as a broken connection would."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self.calls = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        with self._lock:
            self.calls += 1
            is_lost = self.calls % 3 == 0
        if not is_lost:
            return self._application(environ, start_response)
        answer = self._application(environ, lambda *_args: None)
        list(answer)
        answer.close()
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]


@contextmanager
def running() -> Iterator[str]:
    """Yield the address of a service that loses answers; settle and publish beside it."""
    stop = threading.Event()
    server = make_server(
        "127.0.0.1", 0, Unreliable(get_wsgi_application()), server_class=_Server, handler_class=_Quiet
    )
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=_work, args=(stop,))]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()


def _work(stop: threading.Event) -> None:
    """Settle, publish, and expire holds of the shortest life at once: nobody waits a minute for them."""
    while not stop.wait(0.05):
        cast.settle()
        end.expire(now=timezone.now() + timedelta(seconds=LOST_HOLD_TTL_S + 1))
        publisher.publish(now=timezone.now())
    connections.close_all()
