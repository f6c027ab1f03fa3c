"""Placing a hold: one statement that locks, decides, inserts and counts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from billing import sql
from billing.errors import BillingError, Refused, RequestConflict, UnknownKey
from billing.ledger.book import Book
from billing.services.holds import terms
from billing.services.holds.requests import HoldAnswer, HoldRequest
from billing.services.holds.terms import Terms
from catalog import prices
from catalog.rating import Bounds

# Lock order: wallet, then key and customer. Under READ COMMITTED only locked rows are read as they are now,
# so everything that can change and is decided on is locked, the key and the customer after the wallet: a
# revocation or a freeze that we waited for is seen. The wallet's CHECKs are first tried on the row as it was
# before we waited: all three amounts are set as they were locked, so that credit that came meanwhile counts.
PLACE = """
    with known as (
        select id, customer_id from api_key where digest = %(digest)s
    ), locked as (
        select wallet.customer_id, wallet.balance_nanos, wallet.held_nanos, wallet.debt_nanos,
               wallet.balance_nanos - wallet.held_nanos as available, wallet.cut_off_at
          from wallet
          join known on known.customer_id = wallet.customer_id
           for update of wallet
    ), subject as (
        select locked.customer_id, locked.available, api_key.id as api_key_id,
               case
                   when customer.state = 'closed' then 'customer_closed'
                   when customer.state = 'frozen' then 'customer_frozen'
                   when api_key.revoked_at is not null then 'key_revoked'
                   when api_key.expires_at <= %(now)s then 'key_expired'
                   when cardinality(api_key.allowed_models) > 0
                        and %(model)s <> all (api_key.allowed_models) then 'model_not_allowed'
                   when locked.cut_off_at is not null then 'cut_off'
                   when locked.available < %(amount)s then 'insufficient_credit'
               end as refusal
          from locked
          join known on known.customer_id = locked.customer_id
          join api_key on api_key.id = known.id
          join customer on customer.id = locked.customer_id
           for share of api_key, customer
    ), placed as (
        insert into hold (customer_id, request_id, api_key_id, gateway_id, language_model_id,
                          price_version_id, state, refusal, amount_nanos, available_nanos, bound_input,
                          bound_output, bound_web_search, placed_at, expires_at, ended_at, fingerprint)
        select customer_id, %(request_id)s, api_key_id, %(gateway_id)s, %(model_id)s, %(price_version_id)s,
               case when refusal is null then 'open' else 'refused' end, refusal, %(amount)s, available,
               %(input)s, %(output)s, %(web_search)s, %(now)s, %(expires_at)s,
               case when refusal is not null then %(now)s::timestamptz end, %(fingerprint)s
          from subject
         where not (%(may_clamp)s and refusal is not distinct from 'insufficient_credit')
            on conflict do nothing
     returning customer_id, state, amount_nanos
    ), counted as (
        update wallet
           set balance_nanos = locked.balance_nanos, debt_nanos = locked.debt_nanos,
               held_nanos = locked.held_nanos + placed.amount_nanos
          from placed
          join locked on locked.customer_id = placed.customer_id
         where wallet.customer_id = placed.customer_id and placed.state = 'open'
     returning wallet.balance_nanos - wallet.held_nanos as available
    )
    select subject.customer_id, subject.refusal, subject.available,
           (select state from placed) as state, (select available from counted) as available_after
      from subject
"""

STORED = """
    select hold.*, wallet.balance_nanos - wallet.held_nanos as available
      from hold
      join api_key on api_key.customer_id = hold.customer_id
      join wallet on wallet.customer_id = hold.customer_id
     where api_key.digest = %s and hold.request_id = %s
"""


def hold(request: HoldRequest, *, now: datetime) -> HoldAnswer:
    """Set credit aside for `request`, or raise why not.

    Idempotent for life: the same id with the same content gets the stored outcome, also a refusal; with other
    content `RequestConflict`. Raises `Refused`, `UnknownKey`, `UnknownModel`, `Unacceptable`.
    """
    try:
        asked = terms.for_request(request, now=now)
    except BillingError:
        # The catalogue may have changed since this request was answered.
        stored = _find_stored(request)
        if stored:
            return stored
        raise
    may_clamp = request.min_output is not None

    row = _place(request, asked, now=now, may_clamp=may_clamp)
    if row.state is None:
        stored = _find_stored(request)
        if stored:
            return stored
        if not may_clamp:
            # The refusal that stood in the way was forgotten in between.
            return hold(request, now=now)
        return _place_clamped(request, asked, now=now)

    return _answer(request, asked, row, now=now)


def _place(request: HoldRequest, asked: Terms, *, now: datetime, may_clamp: bool) -> Any:
    found = sql.fetch(PLACE, _parameters(request, asked, now=now, may_clamp=may_clamp))
    if not found:
        raise UnknownKey("no API key has this digest", field="key_digest")
    return found[0]


def _place_clamped(request: HoldRequest, asked: Terms, *, now: datetime) -> HoldAnswer:
    """Place with the output that credit still buys; the wallet is locked while that is worked out."""
    assert request.min_output is not None
    with transaction.atomic():
        customer_id = sql.fetch("select customer_id from api_key where digest = %s", [request.key_digest])[0][
            0
        ]
        available = Book.lock([customer_id], now=now).wallets[customer_id].available
        output = terms.most_output(asked.sheet, request.bounds, available)
        if output >= request.min_output:
            bounds = replace(request.bounds, output=output)
            asked = Terms(asked.sheet, terms.amount(asked.sheet, bounds))
        else:
            bounds = request.bounds
        row = sql.fetch(PLACE, _parameters(request, asked, now=now, may_clamp=False, bounds=bounds))[0]

    if row.state is None:
        stored = _find_stored(request)
        assert stored is not None
        return stored
    return _answer(request, asked, row, now=now, bounds=bounds)


def _parameters(
    request: HoldRequest, asked: Terms, *, now: datetime, may_clamp: bool, bounds: Bounds | None = None
) -> Mapping[str, object]:
    bounds = bounds or request.bounds
    return {
        "digest": request.key_digest,
        "request_id": request.request_id,
        "gateway_id": request.gateway_id,
        "model": request.model,
        "model_id": asked.sheet.model_id,
        "price_version_id": asked.sheet.version_id,
        "amount": asked.amount_nanos,
        "input": bounds.input,
        "output": bounds.output,
        "web_search": bounds.web_search,
        "now": now,
        "expires_at": now + timedelta(seconds=request.ttl_s),
        "fingerprint": request.fingerprint,
        "may_clamp": may_clamp,
    }


def _answer(
    request: HoldRequest, asked: Terms, row: Any, *, now: datetime, bounds: Bounds | None = None
) -> HoldAnswer:
    bounds = bounds or request.bounds
    if row.refusal:
        raise refusal(row.refusal, asked, request.bounds, row.available)

    return HoldAnswer(
        request_id=request.request_id,
        state=row.state,
        amount_nanos=asked.amount_nanos,
        bounds=bounds,
        expires_at=now + timedelta(seconds=request.ttl_s),
        price_version_id=asked.sheet.version_id,
        available_nanos=row.available_after,
    )


def _find_stored(request: HoldRequest) -> HoldAnswer | None:
    rows = sql.fetch(STORED, [request.key_digest, request.request_id])
    if not rows:
        return None

    row = rows[0]
    if bytes(row.fingerprint) != request.fingerprint:
        raise RequestConflict("this request id was used with other content", field="request_id")
    bounds = Bounds(row.bound_input, row.bound_output, row.bound_web_search)
    if row.refusal:
        stored = Terms(prices.sheet(row.price_version_id), row.amount_nanos)
        raise refusal(row.refusal, stored, bounds, row.available_nanos)

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


DETAILS = {
    "insufficient_credit": "The hold needs more credit than is available.",
    "cut_off": "The customer is out of credit; requests work again as soon as credit is added.",
    "key_revoked": "This API key was revoked.",
    "key_expired": "This API key has expired.",
    "model_not_allowed": "This API key may not use the model.",
    "customer_frozen": "The customer's account is frozen; no new requests are allowed.",
    "customer_closed": "The customer's account is closed.",
}


def refusal(code: str, asked: Terms, bounds: Bounds, available: int) -> Refused:
    """The error that a gateway passes on; where credit is short it says what it still buys."""
    if Refused.STATUS[code] != 402:
        return Refused(DETAILS[code], code=code)

    return Refused(
        DETAILS[code],
        code=code,
        limit_source="wallet",
        required_nanos=asked.amount_nanos,
        available_nanos=available,
        affordable_output=max(terms.most_output(asked.sheet, bounds, available), 0)
        if code != "cut_off"
        else 0,
    )
