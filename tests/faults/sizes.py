"""How much the fault tests do: little enough for every run, and FAULTS times as much where somebody asks."""

import os

_TIMES = int(os.environ.get("FAULTS", "1"))


def times(count: int) -> int:
    return count * _TIMES
