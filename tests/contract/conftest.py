"""A database that commits as production's does; the books are audited after every test."""

import pytest

from accounts.api import authentication
from tests import cast, gateways
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.gateways import Gateway


@pytest.fixture
def gateway(committed_db: None) -> Gateway:
    authentication.forget()
    cast.model()
    return gateways.gateway()
