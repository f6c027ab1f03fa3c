"""Advisory file locks that the kernel drops when their holder dies, however it dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class FileLock:
    """An flock on a file whose text tells a person who holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def try_exclusive(self, note: str) -> bool:
        """Take the lock and write who has it; False when another process holds it."""
        if not self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
        self.path.write_text(note)
        return True

    def wait_exclusive(self) -> None:
        self._lock(fcntl.LOCK_EX)

    def wait_shared(self) -> None:
        self._lock(fcntl.LOCK_SH)

    def holder(self) -> str:
        """Return the note of whoever took the lock last."""
        return self.path.read_text().strip() or "another process"

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _lock(self, operation: int) -> bool:
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, operation)
        except BlockingIOError:
            self.release()
            return False
        return True


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock on `path` for the block; waits for its turn."""
    lock = FileLock(path)
    lock.wait_exclusive()
    try:
        yield
    finally:
        lock.release()
