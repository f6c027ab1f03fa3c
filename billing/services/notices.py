"""Telling customers what will happen to their credit: it expires, it runs low, it is gone.

Each finds those who are to be told, and writes the mail once: what is told has a cause with a name.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from billing import sql
from billing.models import MailKind
from billing.services.mails import outbox

BATCH: Final = 500
# How many days before it lapses a lot is told of, and from which amount on.
EXPIRY_STEPS: Final = (30, 7, 1)
LEAST_EXPIRING_NANOS: Final = 10_000_000
# A top-up that is under way ends most cut-offs; and nobody wants to hear of an old one.
CUT_OFF_FOR: Final = timedelta(minutes=2)
CUT_OFF_SINCE: Final = timedelta(days=1)

# Of the steps that a lot has reached the last one counts. Who was given credit for less time than a step was
# told so then. A lot that was extended is told of again.
EXPIRING: Final = """
    select lot.customer_id, lot.id, lot.kind, lot.remaining_nanos, lot.expires_at, step.days, mail.cause_key
      from credit_lot lot
      join customer on customer.id = lot.customer_id and customer.state <> 'closed'
      join lateral (
            select days
              from unnest(%(steps)s::int[]) as reached (days)
             where lot.expires_at <= %(now)s + make_interval(days => days)
               and lot.created_at < lot.expires_at - make_interval(days => days + 1)
             order by days
             limit 1
           ) as step on true
      join lateral (
            select concat_ws(':', 'credit_expires', lot.id,
                             to_char(lot.expires_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS'), step.days)
                   as cause_key
           ) as mail on true
     where lot.has_credit and lot.expires_at > %(now)s
       and lot.expires_at <= %(now)s + make_interval(days => %(longest)s)
       and lot.remaining_nanos >= %(least)s
       and not exists (select from mail written where written.cause_key = mail.cause_key)
     order by lot.expires_at
     limit %(most)s
"""

# Balance, because what requests hold comes and goes. A row that somebody else has just updated is looked at
# again by PostgreSQL, so that one fall is told of once.
FALLEN: Final = """
    update billing_details details
       set low_since_seq = wallet.last_seq
      from wallet
      join customer on customer.id = wallet.customer_id and customer.state <> 'closed'
     where wallet.customer_id = details.customer_id
       and details.low_since_seq is null
       and wallet.balance_nanos < details.low_balance_nanos
       and wallet.last_seq > 0
 returning details.customer_id, details.low_since_seq, details.low_balance_nanos, wallet.cut_off_at,
           wallet.balance_nanos - wallet.held_nanos as available_nanos
"""
RISEN: Final = """
    update billing_details details
       set low_since_seq = null
      from wallet
     where wallet.customer_id = details.customer_id
       and details.low_since_seq is not null
       and (details.low_balance_nanos is null or wallet.balance_nanos >= details.low_balance_nanos)
"""

# A wallet that never had credit has lost none.
CUT_OFF: Final = """
    select wallet.customer_id, wallet.cut_off_at, wallet.balance_nanos, wallet.debt_nanos, mail.cause_key
      from wallet
      join customer on customer.id = wallet.customer_id and customer.state <> 'closed'
      join lateral (
            select concat_ws(':', 'cut_off', wallet.customer_id,
                             to_char(wallet.cut_off_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS'))
                   as cause_key
           ) as mail on true
     where wallet.cut_off_at > %(since)s and wallet.cut_off_at <= %(until)s and wallet.last_seq > 0
       and not exists (select from mail written where written.cause_key = mail.cause_key)
     limit %(most)s
"""


def tell_of_expiry(*, now: datetime) -> int:
    """Write mails about a batch of lots that lapse in 30, 7 or 1 days; return how many."""
    asked = {
        "steps": sql.array(EXPIRY_STEPS),
        "longest": max(EXPIRY_STEPS),
        "least": LEAST_EXPIRING_NANOS,
        "now": now,
        "most": BATCH,
    }
    with transaction.atomic():
        return sum(
            outbox.write(
                customer_id=row.customer_id,
                kind=MailKind.CREDIT_EXPIRES,
                cause_key=row.cause_key,
                content={
                    "lot_id": str(row.id),
                    "kind": row.kind,
                    "remaining_nanos": row.remaining_nanos,
                    "expires_at": row.expires_at.isoformat(),
                    "days": row.days,
                },
                now=now,
            )
            for row in sql.fetch(EXPIRING, asked)
        )


def tell_of_low_balance(*, now: datetime) -> int:
    """Write mails to customers whose credit fell below what they asked to be told of; return how many.

    Who is cut off at once is told of that instead.
    """
    with transaction.atomic():
        sql.run(RISEN)
        return sum(
            outbox.write(
                customer_id=row.customer_id,
                kind=MailKind.LOW_BALANCE,
                cause_key=f"low_balance:{row.customer_id}:{row.low_since_seq}",
                content={
                    "available_nanos": row.available_nanos,
                    "threshold_nanos": row.low_balance_nanos,
                },
                now=now,
            )
            for row in sql.fetch(FALLEN)
            if row.cut_off_at is None
        )


def tell_of_cut_off(*, now: datetime) -> int:
    """Write mails to a batch of customers whose credit has been gone for two minutes; return how many."""
    asked = {"since": now - CUT_OFF_SINCE, "until": now - CUT_OFF_FOR, "most": BATCH}
    with transaction.atomic():
        return sum(
            outbox.write(
                customer_id=row.customer_id,
                kind=MailKind.CUT_OFF,
                cause_key=row.cause_key,
                content={
                    "cut_off_at": row.cut_off_at.isoformat(),
                    "balance_nanos": row.balance_nanos,
                    "debt_nanos": row.debt_nanos,
                },
                now=now,
            )
            for row in sql.fetch(CUT_OFF, asked)
        )
