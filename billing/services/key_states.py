"""What a key may do right now, computed from key, customer and wallet; stored nowhere as truth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from billing import sql
from billing.errors import UnknownKey

STATES = """
    select api_key.digest, api_key.id as api_key_id, api_key.customer_id, api_key.allowed_models,
           api_key.expires_at, wallet.state_version,
           case
               when api_key.revoked_at is not null then 'revoked'
               when api_key.expires_at <= %(now)s then 'expired'
               when customer.state <> 'active' then customer.state
               when wallet.cut_off_at is not null then 'cut_off'
               else 'active'
           end as state,
           case
               when api_key.revoked_at is not null then api_key.revoked_at
               when api_key.expires_at <= %(now)s then api_key.expires_at
               when customer.state <> 'active' then null
               else wallet.cut_off_at
           end as since
      from api_key
      join customer on customer.id = api_key.customer_id
      join wallet on wallet.customer_id = api_key.customer_id
"""
BY_CUSTOMER = STATES + " where api_key.customer_id = any(%(customers)s::uuid[]) order by api_key.id"
BY_DIGEST = STATES + " where api_key.digest = %(digest)s"


@dataclass(frozen=True, slots=True)
class KeyState:
    """A published state: readers apply only a higher `state_version`, and ask where they have no entry.

    `state`: active, cut_off, frozen, closed, revoked or expired. `expires_at`: when the key expires by
    itself. `resumes_at`: when it works again by itself.
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

    def as_json(self) -> dict[str, Any]:
        """The state as it is cached and sent: ids as text, moments as ISO 8601 in UTC."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        } | {"api_key_id": str(self.api_key_id), "customer_id": str(self.customer_id)}


def of_customers(customer_ids: Sequence[UUID], *, now: datetime) -> list[KeyState]:
    return [_state(row) for row in sql.fetch(BY_CUSTOMER, {"customers": list(customer_ids), "now": now})]


def get(digest: bytes, *, now: datetime) -> KeyState:
    """The state of the key with this SHA-256 digest; raises `UnknownKey`."""
    rows = sql.fetch(BY_DIGEST, {"digest": digest, "now": now})
    if not rows:
        raise UnknownKey("no API key has this digest", field="key_digest")

    return _state(rows[0])


def _state(row: Any) -> KeyState:
    return KeyState(
        key_digest=bytes(row.digest).hex(),
        api_key_id=row.api_key_id,
        customer_id=row.customer_id,
        state=row.state,
        since=row.since,
        allowed_models=list(row.allowed_models),
        expires_at=row.expires_at,
        resumes_at=None,
        state_version=row.state_version,
    )
