"""Our workers, as processes that can be killed: each piece of work is done by a fork of `hands`."""

import json
import subprocess
from datetime import datetime
from typing import Any


class Workers:
    """Asks `hands` for a process each; what was killed is asked for again, as beat does."""

    def __init__(self, hands: subprocess.Popen[str]) -> None:
        self._hands = hands
        self.killed = 0

    def do(self, work: str, *, now: datetime, kill_after_ms: list[int], **order: Any) -> str:
        """Do one piece of work and return its answer; its first processes are killed that soon."""
        for delay in [*kill_after_ms, None]:
            answer = self._ask({"work": work, "now": now.isoformat(), "kill_after_ms": delay} | order)
            if not answer["killed"]:
                assert answer["status"] == 0, f"{work} broke, see the log"
                return str(answer["answer"])
            self.killed += 1
        raise AssertionError("the last process is not killed")

    def stop(self) -> None:
        assert self._hands.stdin
        assert self._hands.stdout
        self._hands.stdin.close()
        self._hands.wait(timeout=60)
        self._hands.stdout.close()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._hands.stdin
        assert self._hands.stdout
        self._hands.stdin.write(json.dumps(order) + "\n")
        self._hands.stdin.flush()
        line = self._hands.stdout.readline()
        assert line, "the workers' process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer
