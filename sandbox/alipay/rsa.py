"""RSA2 keys and signatures, written for the stand-in alone: it must not share a mistake with who calls it."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PrivateKey = rsa.RSAPrivateKey
PublicKey = rsa.RSAPublicKey


def new_key() -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_text(key: PrivateKey) -> str:
    """Bare base64 of PKCS8, as Alipay's key tool shows it."""
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(encoded).decode()


def public_text(key: PrivateKey) -> str:
    """Bare base64 of SPKI, as Alipay's pages show it."""
    encoded = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(encoded).decode()


def read_private(text: str) -> PrivateKey:
    key = serialization.load_der_private_key(base64.b64decode(text), password=None)
    assert isinstance(key, PrivateKey)
    return key


def read_public(text: str) -> PublicKey:
    key = serialization.load_der_public_key(base64.b64decode(text))
    assert isinstance(key, PublicKey)
    return key


def joined(fields: dict[str, str], *, without: tuple[str, ...]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without)


def signature(text: str, key: PrivateKey) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(text: str, mark: str, key: PublicKey) -> bool:
    try:
        key.verify(base64.b64decode(mark), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
