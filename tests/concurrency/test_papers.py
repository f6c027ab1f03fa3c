"""Papers and mails under many workers, and under one that dies: no gap, no double."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest
from django.core import mail as outgoing
from django.utils import timezone

from billing import sql
from billing.models import Mail, MailKind, Paper, PaperCount
from billing.services.mails import outbox, send
from billing.services.papers import issue
from tests import cast
from tests.billing.refunds.purchases import bought, refund
from tests.billing.top_ups.conftest import _stand_ins, stripe  # noqa: F401
from tests.concurrency.crew import Crew
from tests.stand_in import StandIn

THREADS = 8
# Waits for locks as long as it takes, so that it dies where it is meant to.
ISSUES = """
import django; django.setup()
from django.db import connection
from django.utils import timezone
from billing.services.papers import issue
connection.ensure_connection()
connection.cursor().execute("set lock_timeout = 0")
connection.cursor().execute("set statement_timeout = 0")
issue.issue_due(now=timezone.now())
"""
WAITS_FOR_MAILS = (
    "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into mail%'"
)


def numbers() -> list[int]:
    return list(Paper.objects.order_by("number").values_list("number", flat=True))


class TestIssue:
    def test_leaves_no_gap_and_no_double_with_many_at_it(
        self,
        crew: Callable[[int], Crew],
        stripe: StandIn,  # noqa: F811
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(issue, "BATCH", 2)
        buyers = [cast.player(name) for name in ("Alice", "Bob", "Charlie")]
        paid = [bought(who, stripe, f"key-{n}") for who in buyers for n in range(5)]
        back = [refund(top_up, 500) for top_up in paid[::3]]
        wanted = len(paid) + len(back)

        def work(_: int) -> int:
            issued = 0
            while Paper.objects.count() < wanted:
                issued += issue.issue_due(now=timezone.now())
            return issued

        assert sum(crew(THREADS).together(work)) == wanted
        assert numbers() == list(range(1, wanted + 1))
        assert PaperCount.objects.get().last_number == wanted
        assert Counter(Paper.objects.values_list("top_up_id", "refund_id")).most_common(1)[0][1] == 1
        assert Mail.objects.count() == wanted

    def test_loses_no_number_with_a_worker_killed_half_way(
        self,
        stripe: StandIn,  # noqa: F811
        owner_connection: psycopg.Connection,
    ):
        bought(cast.player("Alice"), stripe)
        with owner_connection.transaction():
            # Paper and count are written by then, and not committed.
            owner_connection.execute("lock table mail in share mode")
            worker = subprocess.Popen([sys.executable, "-W", "ignore", "-c", ISSUES])  # noqa: S603
            _wait_until(lambda: bool(sql.run(WAITS_FOR_MAILS)))
            worker.kill()
            worker.wait(60)
        assert (numbers(), Mail.objects.count()) == ([], 0)

        # The server notices the dead client when it writes to it, and keeps the year's row locked until then.
        _wait_until(lambda: issue.issue_due(now=timezone.now()) == 1)

        assert numbers() == [1]
        assert Mail.objects.count() == 1


class TestSend:
    def test_sends_each_once_with_many_at_it(self, crew: Callable[[int], Crew]):
        alice, now = cast.player("Alice"), timezone.now()
        for number in range(40):
            outbox.write(
                customer_id=alice.id,
                kind=MailKind.CUT_OFF,
                cause_key=f"cause-{number}",
                content={"balance_nanos": 0, "debt_nanos": 0},
                now=now,
            )

        def work(_: int) -> int:
            dealt = 0
            while done := send.send_due(now=now):
                dealt += done
            return dealt

        assert sum(crew(THREADS).together(work)) == 40
        ids = Counter(message.extra_headers["Message-ID"] for message in outgoing.outbox)
        assert (len(ids), set(ids.values())) == (40, {1})
        assert Mail.objects.filter(sent_at=now, next_try_at=None, attempts=1).count() == 40


def _wait_until(condition: Callable[[], bool], *, within_s: float = 120) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
