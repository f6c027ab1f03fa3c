"""Run as a program beside the service: gives credit by `grant_credit`, one line of JSON for each grant."""

import io
import json
import sys

import django
from django.core.management import CommandError, call_command
from django.db import Error, connection
from psycopg_pool import PoolTimeout

GIVEN = "given"


def main() -> None:
    """Read `[email, usd, once]` from stdin, answer each line with `given` or with what went wrong."""
    django.setup()
    for line in sys.stdin:
        email, usd, once = json.loads(line)
        sys.stdout.write(f"{_give(email, usd, once)}\n")
        sys.stdout.flush()


def _give(email: str, usd: str, once: str) -> str:
    try:
        call_command("grant_credit", email, usd, reason="drill", once=once, stdout=io.StringIO())
    except (CommandError, Error, PoolTimeout) as error:
        return " ".join(str(error).split())
    finally:
        # As a command that ends does: a broken connection would stay.
        connection.close()
    return GIVEN


if __name__ == "__main__":
    main()
