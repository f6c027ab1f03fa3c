"""The supervisor, on programs that only sleep."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.stack.process import Program
from config.stack.supervisor import StartFailedError, Supervisor
from tests.config.processes import descendants, eventually, is_alive, kill

PYTHON = (sys.executable, "-S", "-c")
SLEEP = (*PYTHON, "import time; print('up', flush=True); time.sleep(600)")
DEAF = (*PYTHON, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP[-1]}")
PARENT = (*PYTHON, f"import subprocess; subprocess.Popen(['sleep', '600']); {SLEEP[-1]}")
SCRIPT = """
import sys, time
from config.stack.process import Program
from config.stack.supervisor import Supervisor

supervisor = Supervisor(lambda name, line: None)
supervisor.start(Program(name="sleeper", command=tuple(sys.argv[1:]), says_when_ready="up"))
print(supervisor.pids()["sleeper"], flush=True)
time.sleep(600)
"""


@pytest.fixture
def lines():
    return []


@pytest.fixture
def supervisor(lines):
    supervisor = Supervisor(lambda name, line: lines.append((name, line)))
    yield supervisor
    supervisor.stop()


class TestStart:
    def test_returns_when_the_program_said_that_it_is_ready(self, supervisor, lines):
        supervisor.start(Program(name="sleeper", command=SLEEP, says_when_ready="up"))

        assert ("sleeper", "up") in lines

    def test_tells_the_last_words_of_a_program_that_does_not_start(self, supervisor):
        broken = Program(name="broken", command=(*PYTHON, "raise SystemExit('no disk')"), is_ready=bool)

        with pytest.raises(StartFailedError, match=r"broken does not start:\n(.|\n)*no disk"):
            supervisor.start(broken, within_s=1)

    def test_gives_up_in_time(self, supervisor):
        with pytest.raises(StartFailedError):
            supervisor.start(Program(name="mute", command=SLEEP, is_ready=bool), within_s=0.3)


class TestKeepRunning:
    def test_restarts_a_killed_program(self, supervisor, lines):
        supervisor.start(Program(name="sleeper", command=SLEEP))
        first = supervisor.pids()["sleeper"]

        kill(first, signal.SIGKILL)

        assert eventually(lambda: supervisor.pids().get("sleeper", first) != first)
        assert ("sleeper", "ended with status -9, starting it again") in lines

    def test_takes_the_children_of_a_killed_program_along(self, supervisor):
        supervisor.start(Program(name="parent", command=PARENT, says_when_ready="up"))
        pid = supervisor.pids()["parent"]
        (child,) = descendants(pid)

        kill(pid, signal.SIGKILL)

        assert eventually(lambda: not is_alive(child))


class TestStop:
    def test_leaves_no_process(self, supervisor):
        for number in range(3):
            supervisor.start(Program(name=str(number), command=PARENT, says_when_ready="up"))
        pids = set(supervisor.pids().values())
        pids = pids.union(*(descendants(pid) for pid in pids))

        supervisor.stop()

        assert len(pids) == 6
        assert eventually(lambda: not any(map(is_alive, pids)), within_s=1)

    def test_kills_what_does_not_listen(self, supervisor):
        supervisor.start(Program(name="deaf", command=DEAF, says_when_ready="up", stop_within_s=0.3))
        pid = supervisor.pids()["deaf"]

        supervisor.stop()

        assert not is_alive(pid)

    def test_wakes_and_stops_a_stopped_process(self, supervisor):
        supervisor.start(Program(name="sleeper", command=SLEEP, says_when_ready="up"))
        pid = supervisor.pids()["sleeper"]
        kill(pid, signal.SIGSTOP)

        stopper = threading.Thread(target=supervisor.stop)
        stopper.start()
        stopper.join(5)

        assert not is_alive(pid)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
    def test_is_done_by_the_kernel_when_the_supervisor_is_killed(self):
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-c", SCRIPT, *SLEEP]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as process:  # noqa: S603
            assert process.stdout is not None
            pid = int(process.stdout.readline())
            process.kill()

        assert eventually(lambda: not is_alive(pid))
