"""Extending a hold while an answer streams: bounds and expiry are absolute, so a retry changes nothing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.errors import Unacceptable
from billing.ledger.book import Book
from billing.services.holds import end, refusals, terms
from billing.services.holds.requests import LONGEST_TTL_S, HoldAnswer
from billing.services.holds.terms import Terms
from catalog import prices
from catalog.rating import Bounds

LONGEST_LIFE = timedelta(seconds=LONGEST_TTL_S)

SUBJECT = """
    select hold.*, api_key.revoked_at, api_key.expires_at as key_expires_at, customer.state as customer_state
      from hold
      join api_key on api_key.id = hold.api_key_id
      join customer on customer.id = hold.customer_id
     where hold.customer_id = %s and hold.request_id = %s
"""

EXTEND = """
    update hold
       set amount_nanos = %s, bound_input = %s, bound_output = %s, bound_web_search = %s, expires_at = %s
     where customer_id = %s and request_id = %s and state = 'open'
"""


def hold(
    *, request_id: UUID, gateway_id: int, bounds: Bounds, expires_at: datetime, now: datetime
) -> HoldAnswer:
    """Set a hold's bounds and expiry, at the price it was placed at.

    Only the gateway that placed it may; raises `NotFound`, `RequestConflict` where it has ended, `Refused`
    where it would grow and may not: the stream is to be ended then, the hold stays as it was.
    """
    if not now < expires_at <= now + LONGEST_LIFE:
        raise Unacceptable("must lie in the next 24 hours", field="expires_at", our_time=now.isoformat())
    customer_id = end.owner(request_id, gateway_id)

    with transaction.atomic():
        book = Book.lock([customer_id], now=now)
        row = sql.fetch(SUBJECT, [customer_id, request_id])[0]
        end.require_open(row)
        _require_short_life(row, expires_at)
        asked = _price(row, bounds)
        growth = asked.amount_nanos - row.amount_nanos
        if growth > 0:
            _require_may_grow(row, book, asked, bounds, growth, now=now)
        book.end_hold(customer_id, -growth, api_key_id=row.api_key_id, key_period=row.key_period_start)
        sql.run(
            EXTEND,
            [
                asked.amount_nanos,
                bounds.input,
                bounds.output,
                bounds.web_search,
                expires_at,
                customer_id,
                request_id,
            ],
        )
        book.save()

    return HoldAnswer(
        request_id=request_id,
        state="open",
        amount_nanos=asked.amount_nanos,
        bounds=bounds,
        expires_at=expires_at,
        price_version_id=row.price_version_id,
        available_nanos=book.wallets[customer_id].available,
    )


def _require_short_life(row: Any, expires_at: datetime) -> None:
    """No stream runs for days: what was extended for ever would keep credit from its customer for ever."""
    latest = row.placed_at + LONGEST_LIFE
    if expires_at > latest:
        raise Unacceptable(
            "a hold lasts at most 24 hours after it was placed",
            field="expires_at",
            latest=latest.isoformat(),
        )


def _price(row: Any, bounds: Bounds) -> Terms:
    sheet = prices.sheet(row.price_version_id)
    model = prices.find_model(sheet.model)
    if model:
        terms.check_bounds(bounds, model)
    return Terms(sheet, terms.amount(sheet, bounds))


def _require_may_grow(
    row: Any, book: Book, asked: Terms, bounds: Bounds, growth: int, *, now: datetime
) -> None:
    wallet = book.wallets[row.customer_id]
    counter = book.counters.find(row.customer_id, row.api_key_id)
    left = counter.left if counter else wallet.available
    code = None
    if row.customer_state != "active":
        code = f"customer_{row.customer_state}"
    elif row.revoked_at is not None:
        code = "key_revoked"
    elif row.key_expires_at is not None and row.key_expires_at <= now:
        code = "key_expired"
    elif counter and growth > left <= wallet.available:
        code = "key_limit_reached"
    elif growth > wallet.available:
        code = "insufficient_credit"
    if code:
        offered = min(wallet.available, left) + row.amount_nanos
        resumes_at = counter.resumes_at if counter else None
        raise refusals.of(code, asked, bounds, offered, resumes_at=resumes_at)
