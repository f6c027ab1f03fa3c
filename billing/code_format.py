"""The text of redemption codes: `AM-` and four groups of four characters that nobody can mistake.

Crockford's base32 has no I, L, O and U. Fourteen characters are 70 random bits; two are a checksum, the rest
by a prime, so that every wrong character and every two that were swapped are found without a look-up.
"""

import hashlib
import re
import secrets
from typing import Final

PREFIX: Final = "AM"
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 14
CHECK_CHARACTERS: Final = 2
LONGEST_TYPED: Final = 64

# The largest prime that two characters can count to.
_PRIME: Final = 1021
_LENGTH: Final = RANDOM_CHARACTERS + CHECK_CHARACTERS
_BODY: Final = re.compile(f"[{ALPHABET}]{{{_LENGTH}}}")
_SEPARATORS: Final = re.compile(r"[\s-]+", re.ASCII)
# What people type for the digits they saw.
_MISTAKEN: Final = str.maketrans("OIL", "011")


class Mistyped(ValueError):
    """The text cannot be a code of ours."""


def generate() -> str:
    number = secrets.randbelow(32**RANDOM_CHARACTERS)
    return _shown(_base32(number, RANDOM_CHARACTERS) + _check(number))


def cleaned(typed: str) -> str:
    """The code as it was issued, from what somebody typed; raises `Mistyped`."""
    if len(typed) > LONGEST_TYPED or not typed.isascii():
        raise Mistyped("this is no code")
    body = _SEPARATORS.sub("", typed).upper()
    if len(body) == len(PREFIX) + _LENGTH:
        body = body.removeprefix(PREFIX)
    body = body.translate(_MISTAKEN)
    if not _BODY.fullmatch(body):
        raise Mistyped(f"a code is {PREFIX} and {_LENGTH} letters and digits")
    if _check(_number(body[:RANDOM_CHARACTERS])) != body[RANDOM_CHARACTERS:]:
        raise Mistyped("a character is wrong")
    return _shown(body)


def digest_of(code: str) -> bytes:
    """The only form in which a code is stored."""
    return hashlib.sha256(code.encode()).digest()


def hint_of(code: str) -> str:
    """The last characters: with them people tell codes apart, and 60 bits stay unknown."""
    return code[-4:]


def _check(number: int) -> str:
    return _base32(number % _PRIME, CHECK_CHARACTERS)


def _shown(body: str) -> str:
    groups = (body[start : start + 4] for start in range(0, _LENGTH, 4))
    return "-".join([PREFIX, *groups])


def _number(text: str) -> int:
    number = 0
    for character in text:
        number = number * 32 + ALPHABET.index(character)
    return number


def _base32(number: int, width: int) -> str:
    characters = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))
