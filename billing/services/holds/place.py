"""Placing a hold: what comes of the one statement that locks, decides, inserts and counts."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from billing import sql
from billing.errors import BillingError, RequestConflict
from billing.ledger.book import Book
from billing.services import key_periods
from billing.services.holds import refusals, statement, stored, terms
from billing.services.holds.requests import HoldAnswer, HoldRequest
from billing.services.holds.terms import Terms
from catalog.rating import Bounds

OWNER = "select customer_id, id from api_key where digest = %s"


def hold(request: HoldRequest, *, now: datetime) -> HoldAnswer:
    """Set credit aside for `request`, or raise why not.

    Idempotent for life: the same id with the same content gets the stored outcome, also a refusal; with other
    content, or where its usage was charged without a hold, `RequestConflict`. Raises `Refused`, `UnknownKey`,
    `UnknownModel`, `Unacceptable`.
    """
    try:
        asked = terms.for_request(request, now=now)
    except BillingError:
        # The catalogue may have changed since this request was answered.
        answered = stored.find(request)
        if answered:
            return answered
        raise
    may_clamp = request.min_output is not None

    row = _execute(request, asked, now=now, may_clamp=may_clamp)
    if row.state is not None:
        return _answer(request, asked, row, now=now)

    answered = stored.find(request)
    if answered:
        return answered
    if row.is_charged:
        raise RequestConflict("usage of this request id was charged already", field="request_id")
    if row.is_stale:
        key_periods.turn(row.customer_id, row.api_key_id, day=statement.day_of(request), now=now)
    elif may_clamp:
        return _place_clamped(request, asked, now=now)
    # Else the refusal that stood in the way was forgotten in between.
    return hold(request, now=now)


def _execute(request: HoldRequest, asked: Terms, *, now: datetime, may_clamp: bool) -> Any:
    """Place in one statement; where money moved while it waited, again, with the wallet locked before.

    A hold for a request that is charged already is never settled, and would block credit until it expires.
    """
    row = statement.execute(request, asked, now=now, may_clamp=may_clamp)
    if not row.is_behind:
        return row

    with transaction.atomic():
        Book.lock([row.customer_id], now=now)
        return statement.execute(request, asked, now=now, may_clamp=may_clamp)


def _place_clamped(request: HoldRequest, asked: Terms, *, now: datetime) -> HoldAnswer:
    """Place with the output that is still affordable; the wallet is locked while that is worked out."""
    assert request.min_output is not None
    with transaction.atomic():
        customer_id, api_key_id = sql.fetch_tuples(OWNER, [request.key_digest])[0]
        available = _available(customer_id, api_key_id, day=statement.day_of(request), now=now)
        output = terms.most_output(asked.sheet, request.bounds, available)
        bounds = request.bounds
        if output >= request.min_output:
            bounds = replace(bounds, output=output)
            asked = Terms(asked.sheet, terms.amount(asked.sheet, bounds))
        row = statement.execute(request, asked, now=now, may_clamp=False, bounds=bounds)

    if row.state is None:
        # The refusal that stood in the way may have been forgotten in between.
        return stored.find(request) or hold(request, now=now)
    return _answer(request, asked, row, now=now, bounds=bounds)


def _available(customer_id: UUID, api_key_id: UUID, *, day: date, now: datetime) -> int:
    """What wallet and limit both have left on `day`, whose period has begun when this returns."""
    book = Book.lock([customer_id], now=now)
    available = book.wallets[customer_id].available
    counter = book.counters.find(customer_id, api_key_id)
    if counter:
        counter.roll(day)
        book.save()
        available = min(available, counter.left)
    return available


def _answer(
    request: HoldRequest, asked: Terms, row: Any, *, now: datetime, bounds: Bounds | None = None
) -> HoldAnswer:
    bounds = bounds or request.bounds
    if row.refusal:
        raise refusals.of(row.refusal, asked, request.bounds, row.offered, resumes_at=row.refused_until)

    return HoldAnswer(
        request_id=request.request_id,
        state=row.state,
        amount_nanos=asked.amount_nanos,
        bounds=bounds,
        expires_at=now + timedelta(seconds=request.ttl_s),
        price_version_id=asked.sheet.version_id,
        available_nanos=row.available_after,
    )
