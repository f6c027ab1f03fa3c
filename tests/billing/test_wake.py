"""Waking workers: one wake-up at a time, and none that anybody waits for."""

import json
import time
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from billing import valkey, wake
from config.celery import app

TASK = "usage.tasks.settle"
QUEUE = "celery"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wake, "_pause", wake._Pause())
    valkey.client().flushdb()
    yield
    valkey.client().flushdb()


@pytest.fixture
def no_valkey(settings: Settings) -> Iterator[None]:
    with_valkey = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    valkey.client.cache_clear()
    yield
    settings.REDIS_URL = with_valkey
    valkey.client.cache_clear()


def queued() -> list[str]:
    messages = valkey.client().lrange(QUEUE, 0, -1)
    return [json.loads(message)["headers"]["task"] for message in messages]


class TestWake:
    def test_queues_a_task_once_however_often_it_is_called(self):
        assert app.conf.broker_url == django_settings.REDIS_URL
        for _ in range(5):
            wake.wake(TASK)
        assert queued() == [TASK]

    def test_queues_different_tasks_side_by_side(self):
        wake.wake(TASK)
        wake.wake("billing.tasks.publish_key_states")
        assert sorted(queued()) == ["billing.tasks.publish_key_states", TASK]

    def test_queues_again_what_comes_after_a_worker_answered(self):
        wake.wake(TASK)
        wake.answered(TASK)
        wake.wake(TASK)
        assert queued() == [TASK, TASK]

    def test_forgets_a_wake_up_that_nobody_answered(self):
        wake.wake(TASK)
        lasts = valkey.client().pttl(f"wake:{TASK}")
        assert 0 < int(lasts) <= 5_000


class TestWithoutValkey:
    def test_nobody_waits_and_nothing_is_raised(self, no_valkey: None):
        began = time.monotonic()
        for _ in range(200):
            wake.wake(TASK)
        wake.answered(TASK)
        assert time.monotonic() - began < 2

    def test_is_tried_again_after_a_second(
        self, no_valkey: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        wake.wake(TASK)
        settings.REDIS_URL = app.conf.broker_url
        valkey.client.cache_clear()

        wake.wake(TASK)
        assert queued() == []
        later = time.monotonic() + 1.1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        wake.wake(TASK)
        assert queued() == [TASK]
