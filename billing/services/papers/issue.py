"""Issuing papers: each paid top-up and each refund gets one, once the money is in the books.

The row of the year in `paper_count` is locked by whoever issues, so that one does at a time. Number and paper
are one transaction: a number that nobody carries would be a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from billing import sql
from billing.models import MailKind, PaperKind, Refund, TopUp
from billing.services.mails import outbox
from billing.services.papers import content

BATCH: Final = 20
# How far back an ordinary run looks; the daily one looks at everything.
RECENTLY: Final = timedelta(days=2)
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

BEGIN_YEAR = "insert into paper_count (year, last_number) values (%s, 0) on conflict do nothing"
TAKE_TURN = "select last_number from paper_count where year = %s for update skip locked"
RECEIPTS_DUE = """
    select customer_id, id as top_up_id, null::uuid as refund_id
      from top_up
     where state = 'paid' and ended_at >= %(since)s
       and not exists (select from paper
                        where paper.customer_id = top_up.customer_id and paper.top_up_id = top_up.id
                          and paper.refund_id is null)
     order by ended_at, id
     limit %(most)s
"""
# A refund names the receipt of what it refunds, which therefore comes first.
REFUNDS_DUE = """
    select refund.customer_id, refund.top_up_id, refund.id as refund_id,
           receipt.year as receipt_year, receipt.number as receipt_number
      from refund
      join paper receipt
        on receipt.customer_id = refund.customer_id and receipt.top_up_id = refund.top_up_id
       and receipt.refund_id is null
     where refund.state = 'succeeded' and refund.ended_at >= %(since)s
       and not exists (select from paper
                        where paper.customer_id = refund.customer_id and paper.top_up_id = refund.top_up_id
                          and paper.refund_id = refund.id)
     order by refund.ended_at, refund.id
     limit %(most)s
"""
INSERT = """
    insert into paper (customer_id, id, kind, year, number, top_up_id, refund_id, content, issued_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (customer_id, top_up_id, refund_id) do nothing
"""
COUNT = "update paper_count set last_number = last_number + 1 where year = %s and last_number = %s"


@dataclass(frozen=True, slots=True)
class Due:
    """What a paper is to be issued for; `refund_id` is None for a receipt."""

    customer_id: UUID
    top_up_id: UUID
    refund_id: UUID | None = None
    receipt_number: str = ""


def issue_due(*, now: datetime, since: datetime | None = None) -> int:
    """Issue a batch of the papers that are missing, oldest first, and return how many.

    Looks at what was paid or refunded `since` then, by default in the last days. Returns 0 where another
    process is at it. Each paper's mail is written with it; the caller wakes the sender.
    """
    year = now.astimezone(UTC).year
    with transaction.atomic():
        sql.run(BEGIN_YEAR, [year])
        turn = sql.fetch(TAKE_TURN, [year])
        if not turn:
            return 0
        number = turn[0].last_number
        for due in _due(since or now - RECENTLY):
            number += _issue(due, year=year, number=number + 1, now=now)
        return int(number - turn[0].last_number)


def name(year: int, number: int) -> str:
    return f"{year}-{number:06}"


def _due(since: datetime) -> Iterator[Due]:
    window = {"since": since, "most": BATCH}
    for row in sql.fetch(RECEIPTS_DUE, window):
        yield Due(row.customer_id, row.top_up_id)
    for row in sql.fetch(REFUNDS_DUE, window):
        receipt = name(row.receipt_year, row.receipt_number)
        yield Due(row.customer_id, row.top_up_id, row.refund_id, receipt)


def _issue(due: Due, *, year: int, number: int, now: datetime) -> bool:
    """Issue one paper with this number; False where another year's last run did it first."""
    kind = PaperKind.RECEIPT if due.refund_id is None else PaperKind.REFUND
    says = _content(due, name(year, number), now)
    paper_id = uuid7()
    row = [due.customer_id, paper_id, kind.value, year, number, due.top_up_id, due.refund_id]
    if not sql.run(INSERT, [*row, Jsonb(says), now]):
        return False

    counted = sql.run(COUNT, [year, number - 1])
    assert counted == 1, "the year's count changed while it was locked"
    outbox.write(
        customer_id=due.customer_id,
        kind=MailKind.RECEIPT if kind == PaperKind.RECEIPT else MailKind.REFUND,
        cause_key=f"paper:{paper_id}",
        content={"paper_id": str(paper_id), "number": says["number"]},
        now=now,
    )
    return True


def _content(due: Due, number: str, now: datetime) -> content.Content:
    top_up = TopUp.objects.get(customer_id=due.customer_id, id=due.top_up_id)
    if due.refund_id is None:
        return content.of_receipt(top_up, number=number, now=now)

    refund = Refund.objects.get(customer_id=due.customer_id, id=due.refund_id)
    return content.of_refund(top_up, refund, receipt_number=due.receipt_number, number=number, now=now)
