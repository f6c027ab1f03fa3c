"""The cast at its browsers, and both providers in memory; the books are audited after every test."""

import pytest

from tests import cast
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.billing.top_ups.conftest import _stand_ins, alipay, stripe  # noqa: F401
from tests.cast import USD, Player


@pytest.fixture
def alice(db: None) -> Player:
    """Owns a customer with $20."""
    return cast.player("Alice", 20 * USD)


@pytest.fixture
def charlie(db: None) -> Player:
    """A stranger, who owns a customer of his own."""
    return cast.player("Charlie", USD)
