"""The keys of our Stripe account, and the SDK's clients made from them."""

from dataclasses import dataclass, field
from typing import Final, Self

import stripe
from django.conf import settings

# Seconds to connect and to wait for an answer. Reading is part of a webhook's or a page's answer; what moves
# money waits for a bank, and to give up on it early only makes its outcome unknown.
_READING: Final = (2.0, 4.0)
_PAYING: Final = (2.0, 15.0)
_RETRIES: Final = 1

# It would write an id into the home directory and tell Stripe about this machine.
stripe.enable_telemetry = False


@dataclass(frozen=True, slots=True)
class Keys:
    """`webhook_secrets` are all valid at once, so that one can be replaced without losing a message."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    account: str = ""
    api_base: str = ""

    @classmethod
    def from_settings(cls) -> Self:
        secrets = (secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(","))
        return cls(
            secret_key=settings.STRIPE_SECRET_KEY.strip(),
            webhook_secrets=tuple(secret for secret in secrets if secret),
            account=settings.STRIPE_ACCOUNT_ID,
            api_base=settings.STRIPE_API_BASE.rstrip("/"),
        )

    @property
    def complete(self) -> bool:
        return bool(self.secret_key and self.webhook_secrets)

    @property
    def livemode(self) -> bool:
        return self.secret_key.startswith(("sk_live_", "rk_live_"))


@dataclass(frozen=True, slots=True)
class Clients:
    """`reading` gives up early, `paying` late."""

    reading: stripe.StripeClient
    paying: stripe.StripeClient


def connect(keys: Keys) -> Clients:
    return Clients(reading=_client(keys, _READING), paying=_client(keys, _PAYING))


def _client(keys: Keys, timeout: tuple[float, float]) -> stripe.StripeClient:
    assert keys.secret_key, "an empty key is refused before"
    return stripe.StripeClient(
        keys.secret_key,
        base_addresses={"api": keys.api_base} if keys.api_base else None,
        max_network_retries=_RETRIES,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
