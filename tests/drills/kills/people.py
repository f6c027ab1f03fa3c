"""Run as a program beside the service: signs customers up, funds some, issues the gateway's token."""

import hashlib
import io
import json
import sys
from typing import Any

import django
from django.core.management import call_command

SCOPES = "holds,usage,usage:unheld,keys:read"


def main(count: int, rich: int, credit_usd: str) -> None:
    """Print the token and, for each customer, e-mail and key digest, as one line of JSON.

    The first `rich` customers get credit.
    """
    django.setup()
    token = _output("issue_service_token", "drill", scopes=SCOPES)
    people = []
    for number in range(count):
        email = f"drill-{number}@example.com"
        key = _output("sign_up", email, name=f"Drill {number}")
        if number < rich:
            _output("grant_credit", email, credit_usd, reason="drill")
        people.append({"email": email, "key_digest": hashlib.sha256(key.encode()).hexdigest()})
    sys.stdout.write(json.dumps({"token": token, "people": people}))


def _output(command: str, *arguments: str, **options: Any) -> str:
    """What a command prints on stdout: a secret that it shows once."""
    stdout = io.StringIO()
    call_command(command, *arguments, stdout=stdout, stderr=io.StringIO(), **options)
    return stdout.getvalue().strip()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
