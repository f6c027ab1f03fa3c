"""The last wall before a log: keys, tokens and passwords are cut out of a line, whoever wrote it."""

import re
from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "…"
# Shorter ones would cut words that mean something else.
_SHORTEST_KNOWN: Final = 8

_NAMES: Final = (
    *("password", "passwd", "passphrase", "pwd", "secret", "credential", "token", "csrf", "cookie"),
    *("api_key", "api-key", "apikey", "private_key", "authorization", "session_id", "sessionid"),
)
# A value after one of these names, as in a query, a form, a cookie, JSON or a keyword argument.
_NAMED: Final = (
    rf"((?:(?:{'|'.join(_NAMES)})[\w-]{{0,30}})(?<!tokens)\\?[\"']?\s*(?:[:=]|%3D)\s*(?:b?\\?[\"'])?"
    r"(?:(?:Bearer|Basic) )?)(?![\s…]|Bearer |Basic )[^\s\"'\\,;&<>)}\]]+"
)
# Substrings of which a text must have one, in lower case, for the pattern to be tried; group 1 stays.
_SHAPES: Final = tuple(
    (hints, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for hints, pattern in (
        (
            ("private key-",),
            r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)(?!…).*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)",
        ),
        (("-am-",), r"(s[kt]-am-)[0-9A-Za-z]{8,}"),
        (
            ("_live_", "_test_", "whsec_", "sk-"),
            r"((?:[srp]k_(?:live|test)_|whsec_|\bsk-(?:ant-|proj-)?))(?!am-)[\w\-+/=]{12,}",
        ),
        (("://",), r"(://[^/\s:@]{0,100}:)[^\s\"']{1,300}(?=@)"),
        (_NAMES, _NAMED),
        (("bearer ", "basic "), r"(\b(?-i:Bearer|bearer|Basic) )[^\s\"'\\,;…]{8,}"),
        (("eyj",), r"(\beyJ)[\w-]{8,}\.[\w-]+\.[\w-]+"),
        # Digests of keys are no secrets, but they name a key: enough stays to recognise one.
        (("",), r"\b([0-9a-f]{8})[0-9a-f]{56}\b"),
    )
)


class Redactor:
    """Cuts what looks like a secret, and the secrets that this process was started with."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({secret for secret in known if len(secret) >= _SHORTEST_KNOWN}, key=len)[::-1]

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        lowered = text.lower()
        for hints, shape in _SHAPES:
            if any(hint in lowered for hint in hints):
                text = shape.sub(rf"\1{HIDDEN}", text)
        return text
