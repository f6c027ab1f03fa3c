"""The text form of secrets: scheme, 178 random bits in base62, CRC32 of all that in base62."""

import hashlib
import re
import secrets
import zlib
from typing import Final, Literal

Scheme = Literal["sk-am-", "st-am-"]
API_KEY: Final = "sk-am-"
SERVICE_TOKEN: Final = "st-am-"  # noqa: S105 (a scheme)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_CHARACTERS = 30
CHECKSUM_CHARACTERS = 6
SHOWN_CHARACTERS = 4

_SHAPE = re.compile(r"(?:sk|st)-am-[0-9A-Za-z]{36}")
_IN_TEXT = re.compile(r"((?:sk|st)-am-)[0-9A-Za-z]{8,}")


def generate(scheme: Scheme) -> str:
    """Return a new secret; `randbelow` draws every combination of characters with the same chance."""
    body = scheme + _base62(secrets.randbelow(62**RANDOM_CHARACTERS), RANDOM_CHARACTERS)
    return body + _checksum(body)


def is_well_formed(secret: str, scheme: Scheme = API_KEY) -> bool:
    """Tell a typo from a possible secret without a look-up; CRC32 finds every single wrong character."""
    return (
        secret.startswith(scheme)
        and _SHAPE.fullmatch(secret) is not None
        and _checksum(secret[:-CHECKSUM_CHARACTERS]) == secret[-CHECKSUM_CHARACTERS:]
    )


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of the whole secret: the only form in which one is stored or sent to us."""
    return hashlib.sha256(secret.encode()).digest()


def prefix_of(secret: str) -> str:
    """Return the shown beginning; with `last4_of` it leaves 130 bits unknown."""
    return secret[: len(API_KEY) + SHOWN_CHARACTERS]


def last4_of(secret: str) -> str:
    return secret[-4:]


def masked_in(text: str) -> str:
    """Return the text with every secret in it cut after its scheme."""
    return _IN_TEXT.sub(r"\1…", text)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, width: int) -> str:
    characters = []
    for _ in range(width):
        number, remainder = divmod(number, 62)
        characters.append(ALPHABET[remainder])
    return "".join(reversed(characters))
