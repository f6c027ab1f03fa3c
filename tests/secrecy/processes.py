"""Commands that fail with secrets in their environment or in what they raise."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from config.stack import ports
from tests.secrecy.plants import Plants

ROOT = Path(__file__).resolve().parents[2]
WAKE = "from billing import wake; wake.wake('billing.tasks.forget')"
# All but the last are logged; the last ends the process, and passes all handlers by.
RAISE = """
import json, os, structlog
*logged, uncaught = json.loads(os.environ["PLANTED"])
for text in logged:
    try:
        raise ValueError(text)
    except ValueError as error:
        structlog.get_logger().exception("failed", error=str(error), detail={"cause": repr(error)})
raise ValueError(uncaught)
"""


def fail(plants: Plants, environ: dict[str, str]) -> str:
    """Let our programs fail on the addresses and keys they were given; return what they wrote."""
    port = ports.choose()
    database, broker = plants.plain("password of a dead database"), plants.plain("password of a dead broker")
    dead = {
        "DATABASE_URL": f"postgres://app:{database}@127.0.0.1:{port}/billing",
        "DATABASE_OWNER_URL": f"postgres://owner:{database}@127.0.0.1:{port}/billing",
        "REDIS_URL": f"redis://:{broker}@127.0.0.1:{port}/0",
    }
    wrong = plants.plain("wrong password of the broker")
    refused = {"REDIS_URL": environ["REDIS_URL"].replace("redis://:", f"redis://:{wrong}")}
    call = ("-m", "celery", "--app", "config.celery", "call", "billing.tasks.forget")
    raised = {"PLANTED": json.dumps([*_texts_of_errors(plants), *_texts_of_errors(plants, "uncaught ")])}
    return "".join(
        (
            _run(environ | dead, "manage.py", "audit"),
            _run(environ | dead, *call),
            _run(environ | refused, "manage.py", "shell", "-c", WAKE),
            _run(environ | raised, "manage.py", "shell", "-c", RAISE),
        )
    )


def _texts_of_errors(plants: Plants, how: str = "") -> list[str]:
    """What libraries write into their errors."""
    texts = [
        f"Invalid API Key provided: {plants.shaped(f'{how}error of a provider', 'sk_test_')}",
        f"{{'HTTP_AUTHORIZATION': 'Bearer {plants.plain(f'{how}error with headers')}'}}",
        f'could not parse {{"client_secret": "{plants.plain(f"{how}error with JSON")}"}}',
        f"GET https://user:{plants.plain(f'{how}error with an address')}@example.com/ failed",
        f"bad key {plants.private_key(f'{how}error with a private key')}",
        f"no customer has the key {plants.api_key(f'{how}error with a key')}",
    ]
    return [" and ".join(texts)] if how else texts


def _run(environ: Mapping[str, str], *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.stdout
