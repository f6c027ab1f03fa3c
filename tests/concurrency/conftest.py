"""Real threads on a real PostgreSQL; the books are audited after every test."""

from collections.abc import Callable, Iterator

import pytest

from tests import cast
from tests.audit_fixture import audited, unaudited  # noqa: F401
from tests.concurrency.crew import Crew


@pytest.fixture(autouse=True)
def _model(committed_db: None) -> None:
    cast.model()


@pytest.fixture
def crew(committed_db: None) -> Iterator[Callable[[int], Crew]]:
    """Hires a crew of so many threads."""
    crews: list[Crew] = []

    def hire(size: int) -> Crew:
        crews.append(Crew(size))
        return crews[-1]

    yield hire
    for each in crews:
        each.go_home()
