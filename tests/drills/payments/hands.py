"""`python -m tests.drills.payments.hands`: does each order of its input in a fork, and kills it where asked.

The fork is a process of its own with connections of its own; this one has none, and only waits.
"""

import importlib
import json
import os
import select
import signal
import sys
from datetime import datetime
from typing import Any

import django


def main() -> None:
    # What is logged goes to stderr: stdout is for answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    django.setup()
    works = importlib.import_module("tests.drills.payments.works")
    for line in sys.stdin:
        answers.write(json.dumps(_do(works, json.loads(line))) + "\n")
        answers.flush()


def _do(works: Any, order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _work(works, order, writing)
    os.close(writing)
    killed = False
    if order["kill_after_ms"] is not None:
        # Readable as soon as the work is done, or its process has ended.
        done, _, _ = select.select([reading], [], [], order["kill_after_ms"] / 1000)
        if not done:
            os.kill(pid, signal.SIGKILL)
            killed = True
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(pid, 0)
    killed = killed and os.WIFSIGNALED(status) and not answer
    return {"status": 0 if answer else status, "answer": answer, "killed": killed}


def _work(works: Any, order: dict[str, Any], writing: int) -> None:
    status = 1
    try:
        now = datetime.fromisoformat(order["now"])
        rest = {name: value for name, value in order.items() if name not in {"work", "now", "kill_after_ms"}}
        answer = works.WORKS[order["work"]](now=now, **rest)
        os.write(writing, answer.encode() or b"-")
        status = 0
    except BaseException:  # noqa: BLE001 - told to whoever reads the log, by a process that ends.
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
