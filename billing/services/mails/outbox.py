"""Writing down that a customer is to get a mail, in the transaction of what the mail tells.

`content` is plain JSON: amounts are integers in nanos or minor units, moments ISO 8601 in UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from billing import sql
from billing.models import Language, MailKind

log = structlog.get_logger()

# Who answers for the bills; else the owner who has been there longest and can still sign in.
RECIPIENT = """
    select coalesce(nullif(details.email, ''), owner.email) as email, details.language
      from (select %s::uuid as customer_id) as asked
      left join billing_details details on details.customer_id = asked.customer_id
      left join lateral (
            select app_user.email
              from membership
              join app_user on app_user.id = membership.user_id
             where membership.customer_id = asked.customer_id and membership.role = 'owner'
             order by app_user.is_active desc, membership.created_at, membership.id
             limit 1
           ) as owner on true
"""
INSERT = """
    insert into mail (id, customer_id, kind, cause_key, recipient, language, content, created_at, next_try_at,
                      attempts, failure)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '')
        on conflict (cause_key) do nothing
"""


def write(
    *, customer_id: UUID, kind: MailKind, cause_key: str, content: Mapping[str, object], now: datetime
) -> bool:
    """Have one mail sent about `cause_key`, and return whether it is the first.

    The caller's transaction decides whether it is written at all. The edge wakes the sender.
    """
    recipient, language = _recipient(customer_id)
    if not recipient:
        log.error("mail without recipient", customer_id=str(customer_id), cause_key=cause_key)
        return False

    terms = [uuid7(), customer_id, kind.value, cause_key, recipient, language]
    return bool(sql.run(INSERT, [*terms, Jsonb(dict(content)), now, now]))


def recipient_of(customer_id: UUID) -> str:
    """The address to which a customer's mails go; empty where the customer has no owner."""
    return _recipient(customer_id)[0]


def _recipient(customer_id: UUID) -> tuple[str, str]:
    row = sql.fetch(RECIPIENT, [customer_id])[0]
    return row.email or "", row.language or Language.ENGLISH.value
