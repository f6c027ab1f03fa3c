"""Run as a program beside the service: signs the drill's customers up and issues its gateway's token."""

import hashlib
import io
import json
import sys
from typing import Any

import django
from django.core.management import call_command

SCOPES = "holds,usage,usage:unheld,keys:read"


def main(count: int) -> None:
    """Print the token and, for each customer, e-mail and key digest, as one line of JSON."""
    django.setup()
    token = _output("issue_service_token", "drill", scopes=SCOPES)
    emails = [f"drill-{number}@example.com" for number in range(count)]
    keys = [_output("sign_up", email, name=email.split("@")[0]) for email in emails]
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
    people = [{"email": email, "key_digest": digest} for email, digest in zip(emails, digests, strict=True)]
    sys.stdout.write(json.dumps({"token": token, "people": people}))


def _output(command: str, *arguments: str, **options: Any) -> str:
    """What a command prints on stdout: a secret that it shows once."""
    stdout = io.StringIO()
    call_command(command, *arguments, stdout=stdout, stderr=io.StringIO(), **options)
    return stdout.getvalue().strip()


if __name__ == "__main__":
    main(int(sys.argv[1]))
