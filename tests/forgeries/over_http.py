"""Sending forged messages to a running web application, and counting what it does about them."""

import http.client
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import psycopg
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from psycopg import sql

from tests.forgeries import alipay, stripe

PATIENCE_S: Final = 60
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
# Time passes while thousands are sent: what is just too old or too early must stay so.
_TIMED: Final = re.compile(r"\d+ s (old|ahead)")
_DRIFT: Final = timedelta(seconds=60)
_TABLES: Final = """
    select relname from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
     order by relname
"""

Sent = tuple[str, str, bytes, dict[str, str]]


@dataclass(slots=True)
class Outcome:
    """`accepted` and `broken` are names; a connection that the server cuts refuses as well."""

    tried: int = 0
    accepted: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def attack(url: str, *, secret: str, key: RSAPrivateKey, every: int = 1) -> Outcome:
    """Send forgeries for both providers, who share `secret` and `key` with the application.

    With `every` 7 each seventh.
    """
    outcome = Outcome()
    address = urlsplit(url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_S)
    for provider, name, body, headers in islice(corpus(secret=secret, key=key), 0, None, every):
        status = send(connection, f"/webhooks/{provider}", body, headers)
        outcome.tried += 1
        if status is not None and 200 <= status < 300:
            outcome.accepted.append(f"{provider}: {name}")
        if status is not None and status >= 500:
            outcome.broken.append(f"{provider}: {name}: {status}")
    connection.close()
    return outcome


def corpus(*, secret: str, key: RSAPrivateKey) -> Iterator[Sent]:
    for name, body, headers in _stripes(secret):
        yield "stripe", name, body, headers
    for name, body in alipay.forgeries(key):
        yield "alipay", name, body, FORM


def _stripes(secret: str) -> Iterable[stripe.Forgery]:
    now = datetime.now(UTC)
    for forgery in stripe.forgeries(secret=secret, now=now):
        if not _TIMED.fullmatch(forgery.name):
            yield forgery
    for word, moment in (("old", datetime.now(UTC) - _DRIFT), ("ahead", datetime.now(UTC) + _DRIFT)):
        for forgery in stripe.forgeries(secret=secret, now=moment):
            if _TIMED.fullmatch(forgery.name) and forgery.name.endswith(word):
                yield forgery


def send(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
) -> int | None:
    """Return the status; None where the server cuts the line, which it may for what is too large."""
    for _ in range(2):
        try:
            connection.request("POST", path, body, headers)
            break
        except (BrokenPipeError, ConnectionResetError):
            # It may have answered before all was sent, or have closed a connection that was idle.
            if (status := _early_answer(connection)) is not None:
                return status
            connection.close()
    else:
        return None
    try:
        answer = connection.getresponse()
        answer.read()
    except (http.client.HTTPException, ConnectionError):
        connection.close()
        return None
    return answer.status


def count_rows(owner: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has."""
    counts = {}
    for (name,) in owner.execute(_TABLES).fetchall():
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(name))
        row = owner.execute(query).fetchone()
        assert row
        counts[name] = int(row[0])
    return counts


def _early_answer(connection: http.client.HTTPConnection) -> int | None:
    try:
        status = connection.getresponse().status
    except (http.client.HTTPException, OSError):
        return None
    connection.close()
    return status
