"""The Celery application and the beat schedule; tasks only drain what PostgreSQL says is waiting."""

import os
from datetime import timedelta
from importlib import import_module
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Longer than the longest task, or the broker would deliver it a second time meanwhile.
_VISIBILITY_TIMEOUT_S = 3600

app = Celery("billing")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": _VISIBILITY_TIMEOUT_S,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # A dead Valkey must not hang a web request that only wants to wake a worker.
        "socket_connect_timeout": 0.5,
        "socket_timeout": 5,
        "socket_keepalive": True,
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    task_create_missing_queues=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=3,
    timezone="UTC",
)
app.steps["worker"].add(DjangoStructLogInitStep)
import_module("config.observed_tasks")
app.autodiscover_tasks()


def _every(task: str, interval: timedelta) -> dict[str, Any]:
    """Return a beat entry; what no worker took by the time of the next two runs is stale and dropped."""
    return {"task": task, "schedule": interval, "options": {"expires": max(10, 2 * interval.total_seconds())}}


app.conf.beat_schedule = {
    "settle what a wake-up missed": _every("usage.tasks.settle", timedelta(seconds=1)),
    "correct charges by better evidence": _every("usage.tasks.correct_charges", timedelta(seconds=10)),
    "publish what a wake-up missed": _every("billing.tasks.publish_key_states", timedelta(seconds=1)),
    "expire holds": _every("billing.tasks.expire_holds", timedelta(seconds=5)),
    "expire lots": _every("billing.tasks.expire_lots", timedelta(minutes=1)),
    "let keys work again whose period turned": _every("billing.tasks.turn_key_periods", timedelta(seconds=2)),
    "judge cut-offs after a change of the rule": _every("billing.tasks.judge_cut_offs", timedelta(minutes=1)),
    "handle payment messages that wait": _every("billing.tasks.handle_provider_events", timedelta(seconds=2)),
    "ask about payments": _every("billing.tasks.poll_top_ups", timedelta(seconds=5)),
    "ask about refunds": _every("billing.tasks.retry_refunds", timedelta(seconds=15)),
    "tell of credit that runs low": _every("billing.tasks.tell_of_credit", timedelta(seconds=30)),
    "tell of credit that will lapse": {
        "task": "billing.tasks.tell_of_expiry",
        "schedule": crontab(minute="43"),
    },
    "top up automatically": _every("billing.tasks.top_up_automatically", timedelta(seconds=3)),
    "look for lost payment messages": {
        "task": "billing.tasks.sweep_lost_messages",
        "schedule": crontab(minute="23"),
    },
    # Both providers have closed their day by then, Alipay's ends at 16:00 UTC.
    "reconcile payments": {
        "task": "billing.tasks.reconcile_payments",
        "schedule": crontab(minute="47", hour="5"),
    },
    "issue receipts": _every("billing.tasks.issue_papers", timedelta(seconds=5)),
    "issue receipts that are missing": {
        "task": "billing.tasks.issue_missing_papers",
        "schedule": crontab(minute="47", hour="2"),
    },
    "send mails": _every("billing.tasks.send_mails", timedelta(seconds=5)),
    "forget refused holds and old key events": _every("billing.tasks.forget", timedelta(hours=1)),
    "ensure partitions": _every("billing.tasks.ensure_partitions", timedelta(days=1)),
    "reconcile usage": {"task": "usage.tasks.reconcile_usage", "schedule": crontab(minute="7")},
    "reconcile usage that came late": {
        "task": "usage.tasks.reconcile_window",
        "schedule": crontab(minute="37", hour="4"),
    },
    "audit the books": {"task": "usage.tasks.audit_books", "schedule": crontab(minute="17", hour="3")},
}


@signals.setup_logging.connect
def _keep_our_logging(**_options: Any) -> None:
    """Stop Celery from configuring logging: the settings did."""
