"""When a killed program is started again, by a clock that the test turns."""

import signal
import sys
from collections.abc import Iterator

import pytest

from config.stack.process import Process, Program
from tests.config.processes import eventually, is_alive, kill

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(600)")


class Life:
    """A program that is killed at will; `now` is its supervisor's clock."""

    def __init__(self) -> None:
        self.process = Process(Program(name="sleeper", command=SLEEP), lambda _name, _line: None)
        self.now = 0.0
        self.process.keep_running(self.now)

    def kill(self, *, at: float) -> None:
        assert self.process.pid
        pid = self.process.pid
        kill(pid, signal.SIGKILL)
        assert eventually(lambda: not is_alive(pid))
        self.now = at
        self.process.keep_running(at)
        assert self.process.pid is None

    def seconds_until_restart(self) -> float:
        """Turn the clock on by tenths of a second until the program runs again."""
        killed_at = self.now
        while self.process.pid is None:
            self.now += 0.1
            self.process.keep_running(self.now)
        return self.now - killed_at


@pytest.fixture
def life() -> Iterator[Life]:
    life = Life()
    yield life
    life.process.stop(0)


class TestKeepRunning:
    def test_waits_longer_for_what_fails_again_at_once_and_never_gives_up(self, life):
        waits = []
        for _ in range(8):
            life.kill(at=life.now + 1)
            waits.append(life.seconds_until_restart())

        assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0], abs=0.15)

    def test_forgets_failures_of_a_program_that_ran_for_a_while(self, life):
        for _ in range(4):
            life.kill(at=life.now + 1)
            life.seconds_until_restart()

        life.kill(at=life.now + 11)

        assert life.seconds_until_restart() == pytest.approx(0.2, abs=0.15)
