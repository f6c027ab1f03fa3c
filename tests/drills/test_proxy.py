"""The proxy that loses answers, before a server that answers each line."""

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tests.config.processes import eventually
from tests.drills.proxy import Proxy

MARK = b"done"


class Server(socketserver.ThreadingTCPServer):
    """Answers a line with `MARK` and the line, in pieces; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[bytes] = []


class Answers(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Server)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while line := self.rfile.readline():
            self.server.asked.append(line)
            for piece in (b"do", b"ne ", line):
                self.wfile.write(piece)
                self.wfile.flush()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(lambda: server.server_address[1], MARK) as proxy:
        yield proxy


def ask(proxy: Proxy, line: bytes) -> bytes:
    """The whole answer; what came of it where the connection broke."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
        connection.sendall(line)
        answer = b""
        try:
            while not answer.endswith(b"\n") and (piece := connection.recv(100)):
                answer += piece
        except ConnectionResetError:
            return answer
        return answer


class TestProxy:
    def test_passes_on_what_is_asked_and_answered(self, proxy):
        assert ask(proxy, b"one\n") == b"done one\n"
        assert proxy.lost == 0

    def test_loses_an_answer_and_not_the_request(self, proxy, server):
        proxy.lose_next()

        assert MARK not in ask(proxy, b"one\n")
        assert eventually(lambda: server.asked == [b"one\n"])
        assert proxy.lost == 1

    def test_loses_one_and_no_other(self, proxy):
        proxy.lose_next()
        proxy.lose_next()

        answers = [ask(proxy, b"one\n") for _ in range(3)]

        assert [MARK in answer for answer in answers] == [False, True, True]

    def test_breaks_the_connection_where_the_server_is_away(self):
        with Proxy(lambda: 1, MARK) as proxy:
            assert ask(proxy, b"one\n") == b""

    def test_is_gone_afterwards(self, server):
        with Proxy(lambda: server.server_address[1], MARK) as proxy:
            port = proxy.port

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
