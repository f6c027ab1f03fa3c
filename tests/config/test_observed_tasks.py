"""What a task's lines and counts say."""

import pytest
import structlog
from django_structlog.celery.signals import bind_extra_task_metadata

from billing.tasks import forget
from tests.config.request_lines import counted


@pytest.mark.django_db
class TestTask:
    def test_is_counted_by_name_and_state(self):
        name = 'billing_task_seconds_count{state="SUCCESS",task="billing.tasks.forget"}'
        before = counted(name)

        forget.apply()

        assert counted(name) == before + 1

    def test_is_named_in_all_its_lines(self):
        structlog.contextvars.clear_contextvars()

        bind_extra_task_metadata.send(sender=None, task=forget, logger=structlog.get_logger())

        assert structlog.contextvars.get_contextvars() == {"task": "billing.tasks.forget"}
