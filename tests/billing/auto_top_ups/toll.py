"""A gate before a provider's stand-in: it stops a call on its way there, or its answer on the way back."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

PATIENCE_S = 120


class Gate:
    """Stops calls whose line begins with `call`; `at` is `before` or `after` the stand-in got them."""

    def __init__(self, call: str, at: str) -> None:
        self.call = call
        self.at = at
        self.stopped = threading.Event()
        self.opened = threading.Event()

    def pass_by(self, line: str, moment: str) -> None:
        if moment == self.at and line.startswith(self.call):
            self.stopped.set()
            self.opened.wait(PATIENCE_S)


@contextlib.contextmanager
def gate(target: str, call: str, at: str) -> Iterator[tuple[Gate, str]]:
    """A gate and its address; it opens at the end."""
    stops = Gate(call, at)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            line = f"{self.command} {self.path}"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stops.pass_by(line, "before")
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(self.command, target + self.path, content=body, headers=headers)
            stops.pass_by(line, "after")
            with contextlib.suppress(OSError):
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # At the end everything has arrived that was on its way.
    server.daemon_threads = False
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield stops, f"http://127.0.0.1:{server.server_port}"
    finally:
        stops.opened.set()
        server.shutdown()
        thread.join()
        server.server_close()
