"""Cut-offs of all customers, judged anew where the stored one disagrees with the rule.

Every change of a wallet judges it. What remains is a change of the rule: a new `CUT_OFF_BELOW_NANOS`.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing import sql
from billing.ledger.book import Book

BATCH = 100
BEFORE_ALL = UUID(int=0)

# The rule of billing.cut_off.judge.
MISJUDGED = """
    select customer_id
      from wallet
     where (balance_nanos < %s or debt_nanos > 0) <> (cut_off_at is not null) and customer_id > %s
     order by customer_id
     limit %s
"""


def judge_all(*, now: datetime) -> int:
    """Judge every wallet that disagrees with the rule and return how many changed."""
    changed = 0
    last = BEFORE_ALL
    while rows := sql.fetch_tuples(MISJUDGED, [settings.CUT_OFF_BELOW_NANOS, last, BATCH]):
        customer_ids = [row[0] for row in rows]
        changed += _judge(customer_ids, now=now)
        last = customer_ids[-1]
    return changed


def _judge(customer_ids: list[UUID], *, now: datetime) -> int:
    with transaction.atomic():
        book = Book.lock(customer_ids, now=now)
        book.save()
    return sum(wallet.keys_changed for wallet in book.wallets.values())
