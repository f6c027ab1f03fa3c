"""A worker of its own process, to be killed: what the task does, once."""

import sys

import django
from django.utils import timezone


def main() -> None:
    django.setup()
    from billing.services.auto_top_ups import attempt, charge  # noqa: PLC0415 (Django is ready only now)

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    charge.go_on_due(now=timezone.now())
    attempt.begin_due(now=timezone.now())


if __name__ == "__main__":
    main()
