"""Keys in every writing that Alipay's tools and pages give them."""

import base64
from textwrap import wrap

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from billing.payments.alipay.keys import BadKey, load_private_key, load_public_key
from tests.alipay_servers import app_key

PRIVATE_FORMATS = {"PKCS8": PrivateFormat.PKCS8, "PKCS1": PrivateFormat.TraditionalOpenSSL}
PUBLIC_FORMATS = {"SPKI": PublicFormat.SubjectPublicKeyInfo, "PKCS1": PublicFormat.PKCS1}


def private_texts() -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, kind in PRIVATE_FORMATS.items():
        pem = app_key().private_bytes(Encoding.PEM, kind, NoEncryption()).decode()
        der = app_key().private_bytes(Encoding.DER, kind, NoEncryption())
        texts |= written(name, pem, base64.b64encode(der).decode())
    return texts


def public_texts() -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, kind in PUBLIC_FORMATS.items():
        pem = app_key().public_key().public_bytes(Encoding.PEM, kind).decode()
        der = app_key().public_key().public_bytes(Encoding.DER, kind)
        texts |= written(name, pem, base64.b64encode(der).decode())
    return texts


def written(name: str, pem: str, bare: str) -> dict[str, str]:
    return {
        f"{name} PEM": pem,
        f"{name} PEM in one line": pem.replace("\n", "\\n"),
        f"{name} base64": bare,
        f"{name} base64 in lines": "\r\n".join(wrap(bare, 64)) + "\n",
    }


class TestLoadPrivateKey:
    @pytest.mark.parametrize("name", private_texts())
    def test_reads(self, name: str):
        key = load_private_key(private_texts()[name])

        assert key.private_numbers() == app_key().private_numbers()

    def test_refuses_what_is_none_and_tells_nothing_of_it(self):
        short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - refused
        locked = BestAvailableEncryption(b"secret")
        refused = {
            "nothing": "",
            "a word": "secret",
            "half of one": private_texts()["PKCS8 base64"][:-400],
            "no end": private_texts()["PKCS8 PEM"][:-40],
            "a public key": public_texts()["SPKI base64"],
            "an elliptic curve's": pem_of(ec.generate_private_key(ec.SECP256R1())),
            "too short": pem_of(short),
            "with a password": app_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode(),
            "no ASCII": "密钥",
        }
        for name, text in refused.items():
            with pytest.raises(BadKey) as caught:
                load_private_key(text)
            assert not text or text not in str(caught.value), name
            assert caught.value.__cause__ is None, name


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class TestLoadPublicKey:
    @pytest.mark.parametrize("name", public_texts())
    def test_reads(self, name: str):
        key = load_public_key(public_texts()[name])

        assert key.public_numbers() == app_key().public_key().public_numbers()

    def test_refuses_what_is_none(self):
        curve = ec.generate_private_key(ec.SECP256R1()).public_key()
        refused = {
            "nothing": "",
            "a word": "secret",
            "a private key": private_texts()["PKCS8 base64"],
            "an elliptic curve's": curve.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ).decode(),
        }
        for text in refused.values():
            with pytest.raises(BadKey):
                load_public_key(text)
