"""Customers' stories, told over HTTP; the books are audited after each."""

import pytest

from accounts.api import authentication
from billing import valkey
from tests import cast, gateways
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.gateways import Gateway


@pytest.fixture
def gateway(committed_db: None) -> Gateway:
    """The gateway of all stories, with a model for sale."""
    authentication.forget()
    valkey.client().flushdb()
    cast.model()
    return gateways.gateway()
