"""Customers' stories, told over HTTP; the books are audited after each."""

import pytest

from accounts.api import authentication
from billing import valkey
from tests import cast, gateways
from tests.alipay_servers import alipay_sandbox, alipay_server  # noqa: F401
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.gateways import Gateway
from tests.our_web import alipay_connected, stripe_connected, web  # noqa: F401
from tests.sandbox_servers import sandbox_servers, stripe_sandbox  # noqa: F401


@pytest.fixture
def gateway(committed_db: None) -> Gateway:
    """The gateway of all stories, with a model for sale."""
    authentication.forget()
    valkey.client().flushdb()
    cast.model()
    return gateways.gateway()
