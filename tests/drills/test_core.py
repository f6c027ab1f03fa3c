"""A short run of the model drill: the same histories each time."""

import pytest

from tests.drills.core import drill
from tests.drills.core.theatre import Theatre


@pytest.fixture
def theatre(committed_db: None) -> Theatre:
    return Theatre()


class TestHistories:
    def test_go_as_the_model_says(self, theatre: Theatre):
        assert drill.run(theatre, seed=2026, histories=range(30), steps=40).violations == []
