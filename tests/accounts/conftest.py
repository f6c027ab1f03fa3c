"""The cast of the accounts tests: Alice and her colleague Bob, and the stranger Charlie."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from accounts.api import authentication
from accounts.models import Customer, User
from accounts.services import customers, memberships

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget_callers() -> Iterator[None]:
    yield
    authentication.forget()


@pytest.fixture
def alice() -> User:
    return customers.sign_up(email="alice@example.com", name="Alice's", now=NOW).user


@pytest.fixture
def alices(alice: User) -> Customer:
    return Customer.objects.get(memberships__user=alice)


@pytest.fixture
def bob(alices: Customer) -> User:
    user = User.objects.create_user("bob@example.com")
    memberships.add(customer=alices, user=user, role="developer", now=NOW)
    return user


@pytest.fixture
def charlies() -> Customer:
    return customers.sign_up(email="charlie@example.com", name="Charlie's", now=NOW).customer
