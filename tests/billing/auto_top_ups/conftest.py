"""Stripe's stand-in over HTTP, to which the services talk; it sends no messages."""

import pytest
from pytest_django.fixtures import Settings

from tests.sandbox_servers import (
    STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET,
    Control,
    sandbox_servers,
    stripe_sandbox,
)

__all__ = ["sandbox_servers", "stripe_sandbox"]


@pytest.fixture
def stripe(stripe_sandbox: Control, settings: Settings) -> Control:
    settings.STRIPE_SECRET_KEY = STRIPE_KEY
    settings.STRIPE_WEBHOOK_SECRET = STRIPE_WEBHOOK_SECRET
    settings.STRIPE_API_BASE = stripe_sandbox.url
    return stripe_sandbox
