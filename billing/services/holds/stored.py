"""What a request id was answered before: the same content gets the same answer for life."""

from billing import sql
from billing.errors import RequestConflict
from billing.services.holds import refusals
from billing.services.holds.requests import HoldAnswer, HoldRequest
from billing.services.holds.terms import Terms
from catalog import prices
from catalog.rating import Bounds

STORED = """
    select hold.*, wallet.balance_nanos - wallet.held_nanos as available
      from hold
      join api_key on api_key.customer_id = hold.customer_id
      join wallet on wallet.customer_id = hold.customer_id
     where api_key.digest = %s and hold.request_id = %s
"""


def find(request: HoldRequest) -> HoldAnswer | None:
    """The hold of this request id with this content; raises `Refused` again, and `RequestConflict`."""
    rows = sql.fetch(STORED, [request.key_digest, request.request_id])
    if not rows:
        return None

    row = rows[0]
    if bytes(row.fingerprint) != request.fingerprint:
        raise RequestConflict("this request id was used with other content", field="request_id")
    bounds = Bounds(row.bound_input, row.bound_output, row.bound_web_search)
    if row.refusal:
        stored = Terms(prices.sheet(row.price_version_id), row.amount_nanos)
        raise refusals.of(row.refusal, stored, bounds, row.available_nanos, resumes_at=row.resumes_at)

    return HoldAnswer(
        request_id=row.request_id,
        state=row.state,
        amount_nanos=row.amount_nanos,
        bounds=bounds,
        expires_at=row.expires_at,
        price_version_id=row.price_version_id,
        available_nanos=row.available,
        is_replay=True,
    )
