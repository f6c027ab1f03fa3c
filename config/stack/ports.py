"""TCP ports on loopback: which are free and who answers."""

import secrets
import socket
import time

# Below the kernel's ephemeral range: a client's socket can neither take the port of a server that is
# being restarted nor connect to itself there.
_LOWEST, _HIGHEST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def becomes_free(port: int, *, within_s: float = 5) -> bool:
    """Wait for a server to leave this port that is about to end."""
    deadline = time.monotonic() + within_s
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def choose() -> int:
    """Return a free port at random, so that two stacks that start together rarely choose the same."""
    for _attempt in range(1000):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if is_free(port):
            return port
    raise RuntimeError("no free port between 20000 and 32000 on 127.0.0.1")


def answers(port: int) -> bool:
    """Tell whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
