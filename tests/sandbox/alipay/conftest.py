"""Alipay's stand-in, our client of it, and the one that others wrote."""

import pytest
from alipay import AliPay  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.alipay_servers import (
    APP_ID,
    alipay,
    alipay_key,
    alipay_sandbox,
    alipay_server,
    app_key,
    callbacks,
)
from tests.sandbox_servers import Control

__all__ = ["alipay", "alipay_sandbox", "alipay_server", "callbacks"]


@pytest.fixture
def others_client(alipay_sandbox: Control) -> AliPay:
    """A public client of Alipay's, with nothing changed but the address."""
    private = app_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = alipay_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = AliPay(APP_ID, app_private_key_string=private.decode(), alipay_public_key_string=public.decode())
    made._gateway = f"{alipay_sandbox.url}/gateway.do"
    return made
