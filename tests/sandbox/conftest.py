"""The stand-ins, a client of Stripe's SDK for them, and an endpoint that their webhooks reach."""

from collections.abc import Iterator

import pytest
import stripe

from tests.sandbox.receiver import Receiver, listening
from tests.sandbox_servers import STRIPE_KEY, Control, Servers, sandbox_servers, stripe_sandbox

__all__ = ["sandbox_servers", "stripe_sandbox"]


@pytest.fixture(scope="session")
def sdk(sandbox_servers: Servers) -> stripe.StripeClient:
    """Stripe's SDK as production uses it, with nothing changed but the address."""
    return stripe.StripeClient(
        STRIPE_KEY, base_addresses={"api": sandbox_servers.stripe.url}, max_network_retries=0
    )


@pytest.fixture
def client(sdk: stripe.StripeClient, stripe_sandbox: Control) -> stripe.StripeClient:
    """The SDK before an empty stand-in."""
    return sdk


@pytest.fixture
def receiver(stripe_sandbox: Control) -> Iterator[Receiver]:
    with listening() as made:
        stripe_sandbox.pause()
        stripe_sandbox.act("webhook", url=made.url)
        yield made
        stripe_sandbox.act("webhook", url="")
        stripe_sandbox.reset()
