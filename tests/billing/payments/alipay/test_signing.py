"""RSA2 against vectors made by OpenSSL, and against a client of Alipay that others wrote."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from alipay import AliPay  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.alipay.keys import load_public_key
from billing.payments.alipay.signing import (
    OUTSIDE_CALLBACK,
    OUTSIDE_REQUEST,
    is_signed,
    sign,
    sign_string,
)
from tests.alipay_servers import APP_ID, alipay_key, app_key

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
VECTORS: list[dict[str, Any]] = GOLDEN["vectors"]
GOLDEN_KEY = load_public_key(GOLDEN["public_key"])

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=10)
values = st.text(st.characters(codec="utf-8"), max_size=30)
parameters = st.dictionaries(names.filter(lambda name: name not in {"sign", "sign_type"}), values, min_size=1)


@pytest.fixture(scope="module")
def oracle() -> AliPay:
    """The independent client; it signs with the app's key and trusts that same key."""
    private = app_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = app_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return AliPay(APP_ID, app_private_key_string=private, alipay_public_key_string=public)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
class TestGolden:
    def test_joins_as_alipay_says(self, vector: dict[str, Any]):
        fields = {**vector["fields"], "sign": "x", "sign_type": "RSA2"}

        assert sign_string(fields, outside=OUTSIDE_CALLBACK) == vector["text"]

    def test_verifies_what_openssl_signed(self, vector: dict[str, Any]):
        assert is_signed(vector["text"], vector["signature"], GOLDEN_KEY)

    def test_refuses_it_for_another_text(self, vector: dict[str, Any]):
        assert not is_signed(vector["text"] + " ", vector["signature"], GOLDEN_KEY)


class TestSignString:
    def test_keeps_the_sign_type_of_a_request_and_drops_that_of_a_callback(self):
        fields = {"b": "2", "sign": "x", "sign_type": "RSA2", "a": ""}

        assert sign_string(fields, outside=OUTSIDE_REQUEST) == "a=&b=2&sign_type=RSA2"
        assert sign_string(fields, outside=OUTSIDE_CALLBACK) == "a=&b=2"


class TestOracle:
    @given(fields=parameters)
    def test_agrees_on_every_request(self, oracle: AliPay, fields: dict[str, str]):
        signed = dict(parse_qsl(oracle.sign_data(dict(fields)), keep_blank_values=True))

        ours = sign(sign_string(fields, outside=OUTSIDE_REQUEST), app_key())

        assert ours == signed["sign"]

    @given(fields=parameters)
    def test_accepts_what_we_sign_and_we_what_it_signs(self, oracle: AliPay, fields: dict[str, str]):
        text = sign_string(fields, outside=OUTSIDE_CALLBACK)

        assert oracle.verify(dict(fields), sign(text, app_key()))
        assert is_signed(text, oracle._sign(text), app_key().public_key())

    def test_refuses_another_key_as_it_does(self, oracle: AliPay):
        fields: Mapping[str, str] = {"a": "1"}
        signature = sign("a=1", alipay_key())

        assert not oracle.verify(dict(fields), signature)
        assert not is_signed("a=1", signature, app_key().public_key())


class TestIsSigned:
    @pytest.mark.parametrize(
        "signature",
        [
            "",
            "=",
            "a",
            "====",
            "ä",
            "\x00",
            "x" * 344,
            base64.b64encode(b"\x00" * 256).decode(),
            "[" * 100_000,
        ],
    )
    def test_says_no_to_what_is_no_signature(self, signature: str):
        assert not is_signed("a=1", signature, app_key().public_key())
