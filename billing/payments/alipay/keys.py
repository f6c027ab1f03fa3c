"""RSA keys as operators paste them: PEM, or the bare base64 that Alipay's tools and pages show."""

import base64
import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

SMALLEST_BITS: Final = 2048


class BadKey(ValueError):
    """Says what is wrong and nothing of the key itself."""


def load_private_key(text: str) -> RSAPrivateKey:
    """Read a private key, PKCS8 or PKCS1, PEM or base64; raises `BadKey`."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(_unescaped(text), password=None)
        else:
            key = serialization.load_der_private_key(_decoded(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not a private key in PEM or base64, without a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_BITS:
        raise BadKey(f"not an RSA key of {SMALLEST_BITS} bits or more")
    return key


def load_public_key(text: str) -> RSAPublicKey:
    """Read a public key, SPKI or PKCS1, PEM or base64; raises `BadKey`."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_public_key(_unescaped(text))
        else:
            key = serialization.load_der_public_key(_decoded(text))
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("not a public key in PEM or base64") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_BITS:
        raise BadKey(f"not an RSA key of {SMALLEST_BITS} bits or more")
    return key


def _unescaped(text: str) -> bytes:
    # Files of environment variables hold line breaks as `\n`.
    return text.replace("\\n", "\n").strip().encode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(re.sub(r"\s", "", text), validate=True)
