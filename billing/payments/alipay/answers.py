"""Reading an answer of the gateway: its signature is verified on the exact text, and that text is parsed."""

import json
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from billing.payments.alipay.signing import is_signed

MOST_BYTES: Final = 1024 * 1024
ERROR: Final = "error_response"
_BLANKS: Final = " \t\r\n"


class Unbelievable(ValueError):
    """The answer is not what Alipay signs; `told` is what it claims to say, for people only."""

    def __init__(self, message: str, *, told: str = "") -> None:
        super().__init__(message)
        self.told = told


def read_answer(body: bytes, method: str, key: RSAPublicKey) -> dict[str, Any]:
    """Return what a signed answer to `method` holds, every number as text; raises `Unbelievable`."""
    name = f"{method.replace('.', '_')}_response"
    try:
        text = body.decode()
        members = _members(text)
        holder = name if name in members else ERROR
        start, end = members[holder]
        answer = _decoder.decode(text[start:end])
        signature = _decoder.decode(text[slice(*members["sign"])]) if "sign" in members else ""
    except (ValueError, KeyError, RecursionError):
        raise Unbelievable("the answer is not one of Alipay's") from None
    if not isinstance(answer, dict):
        raise Unbelievable("the answer is not one of Alipay's")
    if not isinstance(signature, str) or not is_signed(text[start:end], signature, key):
        raise Unbelievable("the answer is not signed by Alipay", told=_told(answer))
    return answer


def _members(text: str) -> dict[str, tuple[int, int]]:
    """Say where each member's value of one JSON object stands; ValueError on a name that comes twice."""
    places: dict[str, tuple[int, int]] = {}
    at = _expect(text, _skip(text, 0), "{")
    while True:
        name, at = _decoder.raw_decode(text, _skip(text, at))
        start = _skip(text, _expect(text, _skip(text, at), ":"))
        _, end = _decoder.raw_decode(text, start)
        if not isinstance(name, str) or name in places:
            raise ValueError(name)
        places[name] = (start, end)
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            break
        at = _expect(text, at, ",")
    if text[at + 1 :].strip(_BLANKS):
        raise ValueError(at)
    return places


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(sign)
    return at + 1


def _told(answer: dict[str, Any]) -> str:
    code = str(answer.get("sub_code") or answer.get("code") or "")
    return code if len(code) <= 64 and code.isascii() and code.isprintable() else ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name comes twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


# Amounts come as text, in some products as numbers: neither becomes a float.
_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=str, parse_int=str)
