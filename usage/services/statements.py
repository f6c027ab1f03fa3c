"""Statements: what moved a customer's wallet in a period, told so that every column adds up to the nano.

A statement goes by `posted_at`. Each movement that is not usage stands on a line of its own, a correction of
usage too; the usage between two of them is folded into one line for each UTC day and model. Usage that credit
did not cover is charged like any other, and what is owed for it comes in on a line of its own: the wallet's
column stays true.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from billing import sql
from billing.models import LedgerAccount
from catalog import prices

# A transfer on the wallet stands where its number says; one that only makes debt has none and stands where
# its transaction's id, a UUIDv7, puts it.
MOVEMENTS = """
    with movement as (
        select ledger.id, transfer.position, ledger.kind, ledger.reason, ledger.posted_at,
               case %(wallet)s::int when transfer.credit_account then transfer.amount_nanos
                                    when transfer.debit_account then -transfer.amount_nanos
                                    else 0 end as wallet_nanos,
               case %(debt)s::int when transfer.debit_account then transfer.amount_nanos
                                  when transfer.credit_account then -transfer.amount_nanos
                                  else 0 end as owed_nanos,
               ledger.kind = 'usage' and transfer.credit_account = %(revenue_usage)s as is_usage,
               ledger.kind = 'correction'
               and %(revenue_usage)s in (transfer.debit_account, transfer.credit_account) as is_correction,
               coalesce(transfer.wallet_seq, max(transfer.wallet_seq) over by_id, 0) as seq
          from ledger_transaction ledger
          join transfer
            on transfer.customer_id = ledger.customer_id and transfer.ledger_transaction_id = ledger.id
         where ledger.customer_id = %(customer_id)s and ledger.posted_at < %(until)s
           and (%(wallet)s in (transfer.debit_account, transfer.credit_account)
                or %(debt)s in (transfer.debit_account, transfer.credit_account))
        window by_id as (order by ledger.id, transfer.position rows unbounded preceding)
    )
"""

OPENING = (
    MOVEMENTS
    + """
    select coalesce(sum(wallet_nanos), 0)::bigint as balance_nanos,
           coalesce(sum(owed_nanos), 0)::bigint as owed_nanos
      from movement
     where posted_at < %(since)s
"""
)

# `stretch` numbers the runs of usage between other movements; `part` orders the lines of one, and those that
# are not usage open it. What is owed comes before the usage that it covers, so that no line shows a wallet
# below zero.
LINES = (
    MOVEMENTS
    + """
    , placed as (
        select movement.*, (posted_at at time zone 'UTC')::date as day_date,
               count(*) filter (where not is_usage) over (order by seq, id, position) as stretch
          from movement
         where posted_at >= %(since)s
    ), used as (
        select distinct id, stretch, day_date, posted_at from placed where is_usage
    ), corrected as (
        select id, day_date, min(stretch) as stretch, max(posted_at) as posted_at,
               sum(owed_nanos) as owed_nanos
          from placed
         where is_correction
         group by id, day_date
    ), line as (
        select stretch, 2 as part, day_date, max(used.posted_at) as posted_at, 'usage' as kind, '' as reason,
               charge.language_model_id, count(*) as requests,
               -sum(charge.amount_nanos)::bigint as wallet_nanos, 0::bigint as owed_nanos,
               array_agg(distinct used.id) as ledger_transaction_ids
          from used
          join charge on charge.customer_id = %(customer_id)s and charge.ledger_transaction_id = used.id
         group by stretch, day_date, charge.language_model_id
         union all
        select stretch, -1, day_date, corrected.posted_at, 'correction', '', charge.language_model_id,
               count(distinct charge.corrects), -sum(charge.amount_nanos)::bigint, 0::bigint,
               array[corrected.id]
          from corrected
          join charge
            on charge.customer_id = %(customer_id)s and charge.ledger_transaction_id = corrected.id
         group by stretch, day_date, corrected.posted_at, corrected.id, charge.language_model_id
         union all
        select stretch, -2, day_date, posted_at, 'owed', '', null, null, owed_nanos::bigint,
               owed_nanos::bigint, array[id]
          from corrected
         where owed_nanos > 0
         union all
        select stretch, 1, day_date, max(posted_at), 'owed', '', null, null, sum(owed_nanos)::bigint,
               sum(owed_nanos)::bigint, array_agg(distinct id)
          from placed
         where is_usage and owed_nanos > 0
         group by stretch, day_date
         union all
        select stretch, 0, day_date, posted_at, case when owed_nanos < 0 then 'debt_repayment' else kind end,
               case when owed_nanos < 0 then '' else reason end, null, null, wallet_nanos, owed_nanos,
               array[id]
          from placed
         where not is_usage and not is_correction
    )
    select * from line order by stretch, part > 0, day_date, part, language_model_id
"""
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `in_nanos` and `out_nanos` are the wallet's; one of them is 0.

    `kind`: usage, owed, or the ledger transaction's kind. A line of usage or of a correction is linked to its
    requests by its day, its model and its ledger transactions.
    """

    posted_at: datetime
    day_date: date
    kind: str
    reason: str
    model: str | None
    requests: int | None
    in_nanos: int
    out_nanos: int
    balance_after_nanos: int
    owed_after_nanos: int
    ledger_transaction_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    customer_id: UUID
    since: datetime
    until: datetime
    opening_balance_nanos: int
    opening_owed_nanos: int
    lines: tuple[Line, ...]

    @property
    def closing_balance_nanos(self) -> int:
        return self.lines[-1].balance_after_nanos if self.lines else self.opening_balance_nanos

    @property
    def closing_owed_nanos(self) -> int:
        return self.lines[-1].owed_after_nanos if self.lines else self.opening_owed_nanos


def of_customer(*, customer_id: UUID, since: datetime, until: datetime) -> Statement:
    """What was posted from `since` (inclusive) until `until` (exclusive)."""
    params = {
        "customer_id": customer_id,
        "since": since,
        "until": until,
        "wallet": int(LedgerAccount.WALLET),
        "debt": int(LedgerAccount.DEBT),
        "revenue_usage": int(LedgerAccount.REVENUE_USAGE),
    }
    opening = sql.fetch(OPENING, params)[0]
    rows = sql.fetch(LINES, params)
    return Statement(
        customer_id=customer_id,
        since=since,
        until=until,
        opening_balance_nanos=opening.balance_nanos,
        opening_owed_nanos=opening.owed_nanos,
        lines=tuple(_lines(rows, opening.balance_nanos, opening.owed_nanos)),
    )


def _lines(rows: Sequence[Any], balance: int, owed: int) -> Iterator[Line]:
    for row in rows:
        balance += row.wallet_nanos
        owed += row.owed_nanos
        yield Line(
            posted_at=row.posted_at,
            day_date=row.day_date,
            kind=row.kind,
            reason=row.reason,
            model=prices.model_slug(row.language_model_id) if row.language_model_id else None,
            requests=row.requests,
            in_nanos=max(row.wallet_nanos, 0),
            out_nanos=max(-row.wallet_nanos, 0),
            balance_after_nanos=balance,
            owed_after_nanos=owed,
            ledger_transaction_ids=tuple(row.ledger_transaction_ids),
        )
