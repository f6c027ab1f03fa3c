"""Which app of which merchant we are at Alipay, with its keys."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.utils import timezone

from billing.payments.alipay.keys import BadKey, load_private_key, load_public_key
from billing.payments.errors import Unavailable

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Account:
    """`private_key` is ours, `public_key` Alipay's; `gateway` is the whole address of `gateway.do`."""

    app_id: str
    seller_id: str
    private_key: RSAPrivateKey = field(repr=False)
    public_key: RSAPublicKey = field(repr=False)
    gateway: str
    clock: Callable[[], datetime] = timezone.now

    @classmethod
    def from_settings(cls) -> Self | None:
        """Return None where anything is missing; raises `Unavailable` where a key is none."""
        app_id, seller_id, private_key, public_key, gateway = (
            value.strip()
            for value in (
                settings.ALIPAY_APP_ID,
                settings.ALIPAY_SELLER_ID,
                settings.ALIPAY_PRIVATE_KEY,
                settings.ALIPAY_PUBLIC_KEY,
                settings.ALIPAY_GATEWAY,
            )
        )
        # Each of them is part of what proves a payment to be ours.
        if not (app_id and seller_id and private_key and public_key and gateway):
            return None
        return cls(
            app_id=app_id,
            seller_id=seller_id,
            private_key=_loaded("ALIPAY_PRIVATE_KEY", load_private_key, private_key),
            public_key=_loaded("ALIPAY_PUBLIC_KEY", load_public_key, public_key),
            gateway=gateway,
        )


def _loaded(name: str, load: Callable[[str], _Key], text: str) -> _Key:
    try:
        return load(text)
    except BadKey as error:
        raise Unavailable(f"{name} is {error}") from None
