"""One worker's settling in a process of its own: drains the inbox each time a line comes in."""

import json
import time

from django.utils import timezone

from bench import answering, work
from usage.services.settlement import drain


def main() -> None:
    work.sheet()
    answering.serve(lambda _line: json.dumps(settle()))


def settle() -> dict[str, float]:
    """Drain the inbox; the clock is the machine's, so that times of several processes can be compared."""
    started = time.monotonic()
    events = 0
    while settled := drain.settle_next(now=timezone.now()).events:
        events += settled
    return {"events": events, "started": started, "ended": time.monotonic()}
