"""Providers that talk to their stand-ins over HTTP."""

import pytest

from billing.payments.stripe.provider import StripeProvider
from tests.billing.payments.stripe_orders import provider_at
from tests.sandbox_servers import Control, sandbox_servers, stripe_sandbox

__all__ = ["sandbox_servers", "stripe_sandbox"]


@pytest.fixture
def stripe_provider(stripe_sandbox: Control) -> StripeProvider:
    return provider_at(stripe_sandbox.url)
