"""The payment providers that this installation has keys for, made once for each process."""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.signals import setting_changed
from django.dispatch import receiver

from billing.payments.alipay.provider import Alipay
from billing.payments.errors import Unavailable
from billing.payments.names import ProviderName
from billing.payments.protocol import PaymentProvider
from billing.payments.stripe.provider import StripeProvider

# Each returns None where a key or a secret is missing.
_MAKERS: Final[Mapping[ProviderName, Callable[[], PaymentProvider | None]]] = {
    ProviderName.STRIPE: StripeProvider.from_settings,
    ProviderName.ALIPAY: Alipay.from_settings,
}

logger = logging.getLogger(__name__)


def get(name: str) -> PaymentProvider:
    """Raise `Unavailable` for a provider that we have no keys for, and for a name that is none's."""
    provider = _made().get(name)
    if provider is None:
        raise Unavailable(f"{name} is not available")

    return provider


def available() -> tuple[PaymentProvider, ...]:
    """Those that can be offered, in the order in which customers see them."""
    return tuple(_made().values())


@functools.cache
def _made() -> Mapping[str, PaymentProvider]:
    made = {str(name): _make(name) for name in _MAKERS}
    return {name: provider for name, provider in made.items() if provider is not None}


def _make(name: ProviderName) -> PaymentProvider | None:
    """A key that is none must not take the other providers away."""
    try:
        return _MAKERS[name]()
    except Unavailable:
        logger.exception("%s is switched off", name)
        return None


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    """Tests change settings; a running process never does."""
    if setting.startswith(("STRIPE_", "ALIPAY_")):
        _made.cache_clear()
