"""Webhooks that Stripe did not sign, or not now: `forgeries()` yields thousands, all to be refused.

    for name, body, headers in forgeries(secret="whsec_…", now=datetime.now(UTC)):
        ...

Signatures are made here, without the SDK, so that nothing is judged by what it made itself. Values of headers
stand for bytes, as in WSGI: every character is below 256. `http.client` sends all of them over HTTP.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tests.forgeries.stripe_events import EVENT, bodies

HEADER = "Stripe-Signature"
BODY = json.dumps(EVENT).encode()
TOLERANCE_SECONDS = 300


class Forgery(NamedTuple):
    name: str
    body: bytes
    headers: dict[str, str]


def signature(body: bytes, *, secret: str, at: int | str, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, algorithm).hexdigest()


def signed(body: bytes, *, secret: str, at: int | str) -> dict[str, str]:
    """The headers that Stripe sends."""
    return {HEADER: f"t={at},v1={signature(body, secret=secret, at=at)}"}


def forgeries(*, secret: str, now: datetime) -> Iterator[Forgery]:
    at = int(now.timestamp())
    yield from _flipped(secret, at)
    yield from _wrong_secrets(secret, at)
    yield from _other_times(secret, at)
    yield from _other_schemes(secret, at)
    yield from _other_headers(secret, at)
    for name, body in bodies():
        yield Forgery(f"rightly signed: {name}", body, signed(body, secret=secret, at=at))
        yield Forgery(f"signed for another body: {name}", body, signed(BODY, secret=secret, at=at))
    huge = BODY[:-1] + b', "x": "' + b"x" * 10_000_000 + b'"}'
    yield Forgery("10 MB", huge, signed(BODY, secret=secret, at=at))


def _flipped(secret: str, at: int) -> Iterator[Forgery]:
    right = signed(BODY, secret=secret, at=at)[HEADER]
    for position, letter in enumerate(right):
        # The neighbour, the other case, and no ASCII.
        for mask in (0x01, 0x20, 0x80):
            wrong = right[:position] + chr(ord(letter) ^ mask) + right[position + 1 :]
            yield Forgery(f"header, byte {position} ^ {mask:#x}", BODY, {HEADER: wrong})
    for position, byte in enumerate(BODY):
        for mask in (0x01, 0x20, 0x80):
            wrong_body = BODY[:position] + bytes([byte ^ mask]) + BODY[position + 1 :]
            yield Forgery(f"body, byte {position} ^ {mask:#x}", wrong_body, {HEADER: right})
    yield Forgery("a blank behind the body", BODY + b" ", {HEADER: right})
    yield Forgery("the body twice", BODY * 2, {HEADER: right})
    yield Forgery("half of the body", BODY[: len(BODY) // 2], {HEADER: right})


def _wrong_secrets(secret: str, at: int) -> Iterator[Forgery]:
    wrong = {
        "none": "",
        "a blank": " ",
        "a comma": ",",
        "the word None": "None",
        "another": "whsec_another",
        "without its prefix": secret.removeprefix("whsec_"),
        "cut": secret[:-1],
        "with a line break": f"{secret}\n",
        "in capitals": secret.upper(),
        "our public name": "stripe",
    }
    for name, key in wrong.items():
        if key != secret:
            yield Forgery(f"secret: {name}", BODY, signed(BODY, secret=key, at=at))


def _other_times(secret: str, at: int) -> Iterator[Forgery]:
    for seconds in (TOLERANCE_SECONDS + 1, 400, 3600, 26 * 3600, 365 * 86_400):
        yield Forgery(f"{seconds} s old", BODY, signed(BODY, secret=secret, at=at - seconds))
        yield Forgery(f"{seconds} s ahead", BODY, signed(BODY, secret=secret, at=at + seconds))
    full_width = "".join(chr(0xFF10 + int(digit)) for digit in str(at)).encode().decode("latin-1")
    written: dict[str, int | str] = {
        "zero": 0,
        "below zero": -at,
        "in milliseconds": at * 1000,
        "ten to the thirty": 10**30,
        "5,000 digits": "9" * 5000,
        "with a plus": f"+{at}",
        "with a blank": f" {at}",
        "a fraction": f"{at}.0",
        "an exponent": "1.79e9",
        "grouped": f"{at:_}",
        "hexadecimal": hex(at),
        "full-width": full_width,
        "a date": "2026-11-24T00:00:00Z",
        "empty": "",
        "NaN": "NaN",
    }
    for name, time in written.items():
        right = signature(BODY, secret=secret, at=at)
        yield Forgery(f"time {name}", BODY, {HEADER: f"t={time},v1={right}"})
        yield Forgery(f"time {name}, signed so", BODY, signed(BODY, secret=secret, at=time))


def _other_schemes(secret: str, at: int) -> Iterator[Forgery]:
    right = signature(BODY, secret=secret, at=at)
    raw = bytes.fromhex(right)
    wrong = {
        "v0": f"v0={right}",
        "v2": f"v2={right}",
        "V1": f"V1={right}",
        "no scheme": right,
        "an empty v1": "v1=",
        "v1 alone": "v1",
        "two wrong v1": f"v1={'0' * 64},v1={'f' * 64}",
        "500 wrong v1": ",".join([f"v1={'0' * 64}"] * 500),
        "v0 right, v1 wrong": f"v0={right},v1={'0' * 64}",
        "in capitals": f"v1={right.upper()}",
        "cut": f"v1={right[:-1]}",
        "half": f"v1={right[:32]}",
        "twice in one": f"v1={right}{right}",
        "in quotes": f'v1="{right}"',
        "base64": f"v1={base64.b64encode(raw).decode()}",
        "raw bytes": f"v1={raw.decode('latin-1')}",
        "SHA-1": f"v1={signature(BODY, secret=secret, at=at, algorithm='sha1')}",
        "MD5": f"v1={signature(BODY, secret=secret, at=at, algorithm='md5')}",
        "SHA-512": f"v1={signature(BODY, secret=secret, at=at, algorithm='sha512')}",
        "a hash without a secret": f"v1={hashlib.sha256(f'{at}.'.encode() + BODY).hexdigest()}",
        "of the body alone": f"v1={hmac.new(secret.encode(), BODY, 'sha256').hexdigest()}",
        "of nothing": f"v1={hmac.new(secret.encode(), b'', 'sha256').hexdigest()}",
        "no ASCII": "v1=\xe9" + right[1:],
    }
    for name, schemes in wrong.items():
        yield Forgery(f"signature: {name}", BODY, {HEADER: f"t={at},{schemes}"})


def _other_headers(secret: str, at: int) -> Iterator[Forgery]:
    right = signed(BODY, secret=secret, at=at)[HEADER]
    proof = right.partition(",")[2]
    old = at - 900
    # What signs an old time, with that time written so that only some readers find it.
    old_proof = f"v1={signature(BODY, secret=secret, at=old)}"
    wrong = {
        "empty": "",
        "a comma": ",",
        "1,000 commas": "," * 1000,
        "equals signs": "=" * 100,
        "a word": "none",
        "no time": proof,
        "two times, the old one first": f"t={at - 900},{right}",
        "two times, the old one last": f"{right},t={at - 900}",
        "two times, the old one with an end": f"t={old}=x,{old_proof},t={at}",
        "two times, the old one with a plus": f"t=+{old},{old_proof},t={at}",
        "two times, the old one behind a blank": f"t= {old},{old_proof},t={at}",
        "two times, the old one behind zeros": f"t={old:020},{old_proof},t={at}",
        "semicolons": right.replace(",", ";"),
        "blanks behind commas": right.replace(",", ", "),
        "JSON": json.dumps({"t": at, "v1": proof[3:]}),
        "50,000 letters": "x" * 50_000,
        "no ASCII": "\xff\xfe" * 10,
    }
    yield Forgery("no header", BODY, {})
    yield Forgery("another header", BODY, {"X-Stripe-Signature": right})
    yield Forgery("another provider's header", BODY, {"Alipay-Signature": right})
    for name, value in wrong.items():
        yield Forgery(f"header: {name}", BODY, {HEADER: value})
