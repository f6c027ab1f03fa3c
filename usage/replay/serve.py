"""Running a command again, inside a throw-away service of its own."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

# Started as a program: the layer that wires everything is above this one.
SERVICE = "config.stack.serve"


def again(arguments: Sequence[str], *, instead_of: str = "") -> NoReturn:
    """Replace this process by a throw-away service that runs `arguments` with `--url` of its own."""
    command = [argument for argument in arguments if argument != instead_of]
    command = [sys.executable, "-m", SERVICE, sys.executable, *command, "--url", "{url}"]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and arguments.
