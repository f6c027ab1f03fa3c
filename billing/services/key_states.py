"""What a key may do right now, computed from key, customer, wallet and limit; stored nowhere as truth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import LimitPeriod
from billing import limit_periods, sql
from billing.errors import UnknownKey

# A limit below what cuts a key off never lets it work: no turn of a period ends that.
STATES = """
    select api_key.digest, api_key.id as api_key_id, api_key.customer_id, api_key.allowed_models,
           api_key.expires_at, wallet.state_version, api_key.limit_nanos, api_key.limit_period,
           counter.period_start, counter.spent_nanos, counter.held_nanos,
           case
               when api_key.revoked_at is not null then 'revoked'
               when api_key.expires_at <= %(now)s then 'expired'
               when customer.state <> 'active' then customer.state
               when wallet.cut_off_at is not null then 'cut_off'
               when counter.cut_off_at is not null and not counter.is_over then 'limit_reached'
               else 'active'
           end as state,
           case
               when api_key.revoked_at is not null then api_key.revoked_at
               when api_key.expires_at <= %(now)s then api_key.expires_at
               when customer.state <> 'active' then null
               when wallet.cut_off_at is not null then wallet.cut_off_at
               when not counter.is_over then counter.cut_off_at
           end as since,
           counter.resumes_at
      from api_key
      join customer on customer.id = api_key.customer_id
      join wallet on wallet.customer_id = api_key.customer_id
      left join lateral (
           select key_spend.*, turn.resumes_at, coalesce(turn.resumes_at <= %(now)s, false) as is_over
             from key_spend
            cross join lateral (
                  select case when api_key.limit_nanos >= %(cut_off_below)s
                              then limit_period_end(api_key.limit_period, key_spend.period_start)
                         end as resumes_at) as turn
            where key_spend.customer_id = api_key.customer_id
              and key_spend.api_key_id = api_key.first_key_id) as counter on true
"""
BY_CUSTOMER = STATES + " where api_key.customer_id = any(%(customers)s::uuid[]) order by api_key.id"
BY_DIGEST = STATES + " where api_key.digest = %(digest)s"


@dataclass(frozen=True, slots=True)
class KeyLimit:
    """What a key and its line may spend in a period; `period_ends_at` is None where it never does."""

    amount_nanos: int
    period: LimitPeriod
    period_start: date
    period_ends_at: datetime | None
    spent_nanos: int
    held_nanos: int

    @property
    def remaining_nanos(self) -> int:
        return max(self.amount_nanos - max(self.spent_nanos, 0) - self.held_nanos, 0)


@dataclass(frozen=True, slots=True)
class KeyState:
    """A published state: readers apply only a higher `state_version`, and ask where they have no entry.

    `state`: active, cut_off, limit_reached, frozen, closed, revoked or expired. `expires_at`: when the key
    expires by itself. `resumes_at`: when a key that reached its limit works again by itself. `limit` is not
    published: it changes with every request.
    """

    key_digest: str
    api_key_id: UUID
    customer_id: UUID
    state: str
    since: datetime | None
    allowed_models: list[str]
    expires_at: datetime | None
    resumes_at: datetime | None
    state_version: int
    limit: KeyLimit | None

    def as_json(self) -> dict[str, Any]:
        """The state as it is cached and sent: ids as text, moments as ISO 8601 in UTC."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if name != "limit"
        } | {"api_key_id": str(self.api_key_id), "customer_id": str(self.customer_id)}


def of_customers(customer_ids: Sequence[UUID], *, now: datetime) -> list[KeyState]:
    rows = sql.fetch(BY_CUSTOMER, {"customers": list(customer_ids)} | _parameters(now))
    return [_state(row, now=now) for row in rows]


def get(digest: bytes, *, now: datetime) -> KeyState:
    """The state of the key with this SHA-256 digest; raises `UnknownKey`."""
    rows = sql.fetch(BY_DIGEST, {"digest": digest} | _parameters(now))
    if not rows:
        raise UnknownKey("no API key has this digest", field="key_digest")

    return _state(rows[0], now=now)


def _parameters(now: datetime) -> dict[str, Any]:
    return {"now": now, "cut_off_below": settings.CUT_OFF_BELOW_NANOS}


def _state(row: Any, *, now: datetime) -> KeyState:
    return KeyState(
        key_digest=bytes(row.digest).hex(),
        api_key_id=row.api_key_id,
        customer_id=row.customer_id,
        state=row.state,
        since=row.since,
        allowed_models=list(row.allowed_models),
        expires_at=row.expires_at,
        resumes_at=row.resumes_at if row.state == "limit_reached" else None,
        state_version=row.state_version,
        limit=_limit(row, now=now) if row.limit_nanos is not None else None,
    )


def _limit(row: Any, *, now: datetime) -> KeyLimit:
    """The limit as of `now`: a counter that only the next request will turn reads as if it had turned."""
    period = LimitPeriod(row.limit_period)
    current = limit_periods.start_of(period, now.date())
    is_over = current > row.period_start
    start = current if is_over else row.period_start
    return KeyLimit(
        amount_nanos=row.limit_nanos,
        period=period,
        period_start=start,
        period_ends_at=limit_periods.end_of(period, start),
        spent_nanos=0 if is_over else row.spent_nanos,
        held_nanos=0 if is_over else row.held_nanos,
    )
