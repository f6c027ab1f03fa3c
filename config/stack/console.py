"""What a person sees of a running stack: time, process, message."""

import sys
import threading
import time

_WIDTH = 10
_COLOURS = {
    "postgres": 34,
    "valkey": 36,
    "web": 32,
    "key-events": 33,
    "worker": 35,
    "beat": 90,
    "sandbox": 31,
    "stack": 1,
}


class Console:
    """Writes the lines of all processes to one stream, whole and in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coloured = sys.stdout.isatty()

    def __call__(self, name: str, line: str) -> None:
        label = name.ljust(_WIDTH)
        if self._coloured:
            label = f"\x1b[{_COLOURS.get(name, 0)}m{label}\x1b[0m"
        with self._lock:
            sys.stdout.write(f"{time.strftime('%H:%M:%S')} {label} {line}\n")
            sys.stdout.flush()
