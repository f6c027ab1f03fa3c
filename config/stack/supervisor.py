"""Keeps a set of programs running, and stops them in good order."""

import sys
import threading
import time

from config.stack.process import Process, Program, Sink

_TICK_S = 0.05
_GIVES_UP_AFTER_FAILURES = 5


class StartFailedError(Exception):
    """A program did not become ready; the message ends with its last lines."""


class Supervisor:
    """Starts programs, restarts those that end, stops all. One thread of its own does the work.

    That thread lives as long as the children may: the kernel ends them (PR_SET_PDEATHSIG) when it ends.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._processes: list[Process] = []
        self._stopping = threading.Event()
        # Not Thread.join(): interrupted by Ctrl-C it takes the thread for ended (Python 3.11, 3.12).
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self, *programs: Program, within_s: float = 60) -> None:
        """Start programs side by side and wait until they are ready; raise StartFailedError if one is not."""
        processes = [Process(program, self._sink) for program in programs]
        self._processes += processes
        if not self._thread.is_alive():
            self._thread.start()

        deadline = time.monotonic() + within_s
        for process in processes:
            self._wait_until_ready(process, deadline)

    def pids(self) -> dict[str, int]:
        """Return the pid of every program that runs right now."""
        return {process.program.name: process.pid for process in self._processes if process.pid}

    def wait(self) -> None:
        """Wait for the end of the supervision."""
        self._ended.wait()

    def stop(self) -> None:
        """Stop everything and wait for it; engines last. May be called twice."""
        self._stopping.set()
        # When the interpreter goes down, it ends the thread, and the kernel with it the children.
        while self._processes and not sys.is_finalizing() and not self._ended.wait(1):
            pass

    def _supervise(self) -> None:
        try:
            self._keep_running_until_stopped()
        finally:
            self._ended.set()

    def _keep_running_until_stopped(self) -> None:
        while not self._stopping.wait(_TICK_S):
            for process in list(self._processes):
                process.keep_running(time.monotonic())
        self._stop_all([process for process in self._processes if not process.program.is_engine])
        self._stop_all([process for process in self._processes if process.program.is_engine])

    def _wait_until_ready(self, process: Process, deadline: float) -> None:
        program = process.program
        while not self._stopping.is_set():
            if process.is_ready():
                return
            if process.failures >= _GIVES_UP_AFTER_FAILURES or time.monotonic() > deadline:
                raise StartFailedError(f"{program.name} does not start:\n" + "\n".join(process.last_lines))
            time.sleep(_TICK_S)
        raise StartFailedError(f"{program.name} was stopped while it started")

    def _stop_all(self, processes: list[Process]) -> None:
        for process in processes:
            process.ask_to_stop()
        asked_at = time.monotonic()
        for process in processes:
            process.stop(asked_at + process.program.stop_within_s)
