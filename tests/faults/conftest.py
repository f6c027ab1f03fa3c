"""Faults that a gateway, a worker or the database meets; the books are audited after each."""

import pytest

from accounts.api import authentication
from tests import cast, gateways
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.concurrency.conftest import crew  # noqa: F401
from tests.gateways import Gateway


@pytest.fixture(autouse=True)
def _model(request: pytest.FixtureRequest) -> None:
    """A model for sale; in a transaction that is rolled back where the test asks for one."""
    marked = request.node.get_closest_marker("django_db")
    request.getfixturevalue("db" if marked else "committed_db")
    cast.model()


@pytest.fixture
def gateway(_model: None) -> Gateway:
    authentication.forget()
    return gateways.gateway()
