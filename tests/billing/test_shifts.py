"""One worker at a time: who has the shift, when it ends, and that nothing depends on it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from billing import shifts, valkey

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    valkey.client().flushdb()
    yield
    valkey.client().flushdb()


class TestTake:
    def test_gives_the_shift_to_one(self):
        assert [shifts.take("work", lapses_after=MINUTE) for _ in range(3)] == [True, False, False]
        assert shifts.take("other work", lapses_after=MINUTE)

    def test_gives_it_again_after_its_end(self):
        shifts.take("work", lapses_after=MINUTE)
        shifts.end("work")
        assert shifts.take("work", lapses_after=MINUTE)

    def test_gives_it_to_nobody_during_a_pause(self):
        shifts.take("work", lapses_after=MINUTE)
        shifts.end("work", after=timedelta(seconds=30))
        assert not shifts.take("work", lapses_after=MINUTE)
        assert 0 < valkey.client().ttl("shift:work") <= 30

    def test_lapses_with_who_died(self):
        shifts.take("work", lapses_after=MINUTE)
        assert 0 < valkey.client().ttl("shift:work") <= 60

    def test_is_everybodys_without_valkey(self, settings: Settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        valkey.client.cache_clear()
        try:
            assert [shifts.take("work", lapses_after=MINUTE) for _ in range(2)] == [True, True]
            shifts.end("work")
        finally:
            valkey.client.cache_clear()
