"""RSA2, Alipay's name for SHA256withRSA (PKCS #1 v1.5), over parameters joined in order of their names."""

import base64
from collections.abc import Iterable, Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

SIGN_TYPE: Final = "RSA2"
# A signature stands outside of what it signs; so does a callback's `sign_type`, but not a request's.
OUTSIDE_REQUEST: Final = frozenset({"sign"})
OUTSIDE_CALLBACK: Final = frozenset({"sign", "sign_type"})


def sign_string(parameters: Mapping[str, str], *, outside: Iterable[str]) -> str:
    """Join decoded parameters as `name=value&…`, empty values too, in the order of their names."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters.keys() - set(outside)))


def sign(text: str, key: RSAPrivateKey) -> str:
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed(text: str, signature: str, key: RSAPublicKey) -> bool:
    """Tell whether `signature` is the one canonical base64 of an RSA2 signature of `text`; never raises."""
    try:
        raw = base64.b64decode(signature, validate=True)
        if base64.b64encode(raw).decode() != signature:
            return False
        key.verify(raw, text.encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
