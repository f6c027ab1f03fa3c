"""What our books say of a provider's lines, and what they say that it should have a line for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from billing import sql
from billing.models import ProviderLine
from billing.payments.names import ProviderName
from billing.payments.protocol import LineKind
from billing.services.payment_reconciliation.days import GRACE, Day

# Every movement of ours on a clearing account that the provider has a line for. `object_id` is what the line
# names: the payment, the refund, the balance transaction of a dispute.
MOVEMENTS = """
    select 'payment' as kind, top_up.payment_id as object_id, top_up.customer_id, top_up.amount_minor,
           top_up.currency, top_up.paid_at as moved_at
      from top_up
     where top_up.provider = %(provider)s and top_up.state = 'paid' and {payments}
     union all
    select 'refund', refund.provider_refund_id, refund.customer_id, -refund.amount_minor, top_up.currency,
           refund.requested_at
      from refund
      join top_up on top_up.customer_id = refund.customer_id and top_up.id = refund.top_up_id
     where top_up.provider = %(provider)s and refund.provider_refund_id <> '' and {refunds}
     union all
    select 'refund_failure', refund.provider_refund_id, refund.customer_id, refund.amount_minor,
           top_up.currency, refund.ended_at
      from refund
      join top_up on top_up.customer_id = refund.customer_id and top_up.id = refund.top_up_id
     where top_up.provider = %(provider)s and refund.provider_refund_id <> '' and refund.state = 'failed'
       and {failures}
     union all
    select posted.kind, substr(posted.effect_key, length('stripe:txn:') + 1), posted.customer_id,
           (sum(case when transfer.debit_account = 111 then transfer.amount_nanos
                     else -transfer.amount_nanos end) / 10000000)::bigint,
           'USD', posted.posted_at
      from ledger_transaction posted
      join transfer on transfer.customer_id = posted.customer_id
                   and transfer.ledger_transaction_id = posted.id
                   and 111 in (transfer.debit_account, transfer.credit_account)
     where %(provider)s = 'stripe' and posted.kind in ('dispute', 'dispute_reversal')
       and posted.effect_key not like '%%:fee' and {disputes}
     group by posted.kind, posted.effect_key, posted.customer_id, posted.posted_at
"""

NAMED = MOVEMENTS.format(
    payments="""exists (select from payment_reference named
                         where named.provider = %(provider)s and named.kind = 'payment'
                           and named.reference = any(%(names)s::text[])
                           and named.customer_id = top_up.customer_id and named.top_up_id = top_up.id)""",
    refunds="refund.provider_refund_id = any(%(names)s::text[])",
    failures="refund.provider_refund_id = any(%(names)s::text[])",
    disputes="posted.effect_key = any(%(effects)s::text[])",
)

# Without those that any day's lines name already.
UNLINED = (
    """
    with moved as (
"""
    + MOVEMENTS.format(
        payments="top_up.paid_at >= %(since)s and top_up.paid_at < %(until)s",
        refunds="refund.requested_at >= %(since)s and refund.requested_at < %(until)s",
        failures="refund.ended_at >= %(since)s and refund.ended_at < %(until)s",
        disputes="posted.posted_at >= %(since)s and posted.posted_at < %(until)s",
    )
    + """
    )
    select moved.*
      from moved
     where not exists (
               select from provider_line line
                where line.provider = %(provider)s and line.kind = moved.kind
                  and moved.object_id = case line.kind
                      when 'payment' then line.payment_id
                      when 'dispute' then line.line_id
                      when 'dispute_reversal' then line.line_id
                      else case %(provider)s when 'alipay' then line.reference || ':' || line.source_id
                                             else line.source_id end end)
     order by moved.moved_at, moved.object_id
"""
)


# A slow payment stands in the provider's books before it is anybody's: as long as the bank is at work, and,
# where it failed, beside a line that takes it back.
NOT_YET_OURS = """
    select line.line_id
      from provider_line line
     where line.provider = %(provider)s and line.line_id = any(%(lines)s::text[])
       and not exists (select from payment_reference credited
                        where credited.provider = line.provider and credited.kind = 'payment'
                          and credited.reference = line.payment_id)
       and ((line.kind = 'payment'
             and exists (select from payment_reference named
                           join top_up on top_up.customer_id = named.customer_id
                                      and top_up.id = named.top_up_id
                          where named.provider = line.provider and named.kind = 'top_up'
                            and named.reference = line.reference and top_up.state = 'processing'
                            and (top_up.amount_minor, top_up.currency) = (line.gross_minor, line.currency)))
            or exists (select from provider_line other
                        where other.provider = line.provider and other.payment_id = line.payment_id
                          and (line.kind, other.kind) in (('payment', 'payment_failure'),
                                                          ('payment_failure', 'payment'))
                          and (other.gross_minor, other.currency) = (-line.gross_minor, line.currency)))
"""


class Movement(NamedTuple):
    """`amount_minor` is what it did to our credit at the provider: above 0 for a payment."""

    kind: str
    object_id: str
    customer_id: UUID
    amount_minor: int
    currency: str
    moved_at: datetime


def object_of(line: ProviderLine) -> str:
    """What our books know the line's movement by."""
    if line.kind == LineKind.PAYMENT:
        return line.payment_id
    if line.kind in (LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL):
        return line.line_id
    return f"{line.reference}:{line.source_id}" if line.provider == ProviderName.ALIPAY else line.source_id


def rest_of(line: ProviderLine) -> str:
    """What Alipay refunded of a closed trade beyond what we knew by name is one refund in our books."""
    return f"{line.reference}:rest"


def of_lines(provider: ProviderName, lines: Sequence[ProviderLine]) -> dict[tuple[str, str], Movement]:
    """Our movements that these lines are about, by kind and object."""
    names = [name for line in lines for name in _names(line)]
    effects = [f"stripe:txn:{line.line_id}" for line in lines]
    if not names:
        return {}

    rows = sql.fetch_tuples(
        NAMED, {"provider": provider.value, "names": sql.array(names), "effects": sql.array(effects)}
    )
    return {(row[0], row[1]): Movement._make(row) for row in rows}


def not_yet_ours(provider: ProviderName, lines: Sequence[ProviderLine]) -> frozenset[str]:
    """The ids of those lines that are about a slow payment which has not arrived, or never did."""
    ids = sql.array([line.line_id for line in lines])
    rows = sql.fetch_tuples(NOT_YET_OURS, {"provider": provider.value, "lines": ids}) if lines else []
    return frozenset(line_id for (line_id,) in rows)


def without_line(day: Day) -> list[Movement]:
    """Our movements up to an hour before the day's end that no line names; later ones are the next day's."""
    return _unlined(day.provider, day.begins_at - GRACE, day.ends_at - GRACE)


def uncleared(provider: ProviderName, *, since: datetime, until: datetime) -> list[Movement]:
    """Our movements of a time that no line of any day names."""
    return _unlined(provider, since, until)


def _unlined(provider: ProviderName, since: datetime, until: datetime) -> list[Movement]:
    rows = sql.fetch_tuples(UNLINED, {"provider": provider.value, "since": since, "until": until})
    return [Movement._make(row) for row in rows]


def _names(line: ProviderLine) -> Iterator[str]:
    yield object_of(line)
    if line.provider == ProviderName.ALIPAY:
        yield rest_of(line)
