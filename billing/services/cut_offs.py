"""Cut-offs of all customers and limited keys, judged anew where the stored one disagrees with the rule.

Every change of a wallet or of a limit's counter judges it. What remains is a change of the rule: a new
`CUT_OFF_BELOW_NANOS`.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing import sql
from billing.ledger.book import Book

BATCH = 100
BEFORE_ALL = UUID(int=0)

# The rules of billing.cut_off.
MISJUDGED = """
    select customer_id
      from wallet
     where (balance_nanos < %(below)s or debt_nanos > 0) <> (cut_off_at is not null)
       and customer_id > %(after)s
     union
    select key_spend.customer_id
      from key_spend
      join api_key on api_key.customer_id = key_spend.customer_id and api_key.id = key_spend.api_key_id
     where (api_key.limit_nanos - greatest(0, key_spend.spent_nanos) < %(below)s)
           <> (key_spend.cut_off_at is not null)
       and key_spend.customer_id > %(after)s
     order by customer_id
     limit %(batch)s
"""


def judge_all(*, now: datetime) -> int:
    """Judge whatever disagrees with the rules, and return of how many customers the keys' states changed."""
    changed = 0
    last = BEFORE_ALL
    while rows := sql.fetch_tuples(
        MISJUDGED, {"below": settings.CUT_OFF_BELOW_NANOS, "after": last, "batch": BATCH}
    ):
        customer_ids = [row[0] for row in rows]
        changed += _judge(customer_ids, now=now)
        last = customer_ids[-1]
    return changed


def _judge(customer_ids: list[UUID], *, now: datetime) -> int:
    with transaction.atomic():
        book = Book.lock(customer_ids, now=now)
        book.judge_keys()
        book.save()
    return sum(wallet.keys_changed for wallet in book.wallets.values())
