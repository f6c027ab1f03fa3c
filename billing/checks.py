"""What Django checks at start: settings of payments that are only half there."""

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning

# A provider works with all of them, and is switched off with none.
_NEEDED: Final = {
    "Stripe": ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
    "Alipay": ("ALIPAY_APP_ID", "ALIPAY_SELLER_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"),
}


def check_providers(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Warn of a provider that somebody meant to offer and that is not offered."""
    return [
        Warning(
            f"{provider} is switched off: {', '.join(missing)} is empty.",
            hint="Give all of its settings, or none.",
            id="billing.W001",
        )
        for provider, names in _NEEDED.items()
        if (missing := [name for name in names if not getattr(settings, name).strip(", ")])
        and len(missing) < len(names)
    ]
