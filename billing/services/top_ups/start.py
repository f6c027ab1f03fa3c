"""Beginning a top-up: its terms are committed before the provider hears of them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from uuid_utils.compat import uuid7

from accounts.models import Customer
from billing.errors import Refused, RequestConflict, Unacceptable
from billing.ledger.book import Book
from billing.models import PENDING, ReferenceKind, TopUp, TopUpCause, TopUpState
from billing.payments import registry
from billing.payments.errors import Rejected
from billing.payments.names import Method, ProviderName
from billing.payments.protocol import Checkout
from billing.services.top_ups import offers, orders, references

log = structlog.get_logger()

# Each open top-up costs questions to its provider for a day.
MOST_PENDING: Final = 50
LONGEST_KEY: Final = 255
FIRST_CHECK: Final = timedelta(seconds=10)


class KeyReused(RequestConflict):
    code = "idempotency_key_reused"


class TooManyPending(RequestConflict):
    code = "too_many_pending"


@dataclass(frozen=True, slots=True)
class TopUpRequest:
    """What a customer asks for, or an automatic top-up on its behalf; `amount_minor` in cents or fen."""

    customer_id: UUID
    provider: str
    method: str
    amount_minor: int
    email: str
    user_id: UUID | None = None
    save_card: bool = False
    cause: TopUpCause = TopUpCause.CUSTOMER
    saved_card_id: UUID | None = None

    @property
    def fingerprint(self) -> bytes:
        asked = [self.provider, self.method, self.amount_minor, self.save_card, self.cause]
        return hashlib.sha256(json.dumps([*asked, str(self.saved_card_id)]).encode()).digest()


def start(request: TopUpRequest, *, idempotency_key: str, now: datetime) -> TopUp:
    """Begin a payment and return where the customer pays; the same key leads to the same top-up for life.

    Where the provider cannot be reached (`Unreachable`) the top-up stays `created`, and the same call goes
    on with the provider's same idempotency key. Raises `KeyReused` for another request under the same key.
    """
    top_up = create(request, idempotency_key=idempotency_key, now=now)
    if top_up.state != TopUpState.CREATED or top_up.method == Method.SAVED_CARD:
        return top_up
    if top_up.expires_at <= now:
        return top_up

    try:
        checkout = registry.get(top_up.provider).start_checkout(orders.of(top_up))
    except Rejected as error:
        _fail(top_up, error, now=now)
        raise
    return _open(top_up, checkout, now=now)


def create(request: TopUpRequest, *, idempotency_key: str, now: datetime) -> TopUp:
    """Commit a top-up as `created`, or return the one that the key belongs to; asks no provider."""
    _require(request, idempotency_key)

    with transaction.atomic():
        Book.lock([request.customer_id], now=now)
        before = TopUp.objects.filter(
            customer_id=request.customer_id, idempotency_key=idempotency_key
        ).first()
        if before is not None:
            if bytes(before.fingerprint) != request.fingerprint:
                raise KeyReused("this idempotency key belongs to another top-up", top_up_id=before.id)
            if before.state == TopUpState.CREATED:
                # Its provider may not have heard of it: from here on it would.
                _require_active(request.customer_id)
            return before
        _require_active(request.customer_id)
        _require_few_pending(request.customer_id)
        return _insert(request, idempotency_key, now)


def _require(request: TopUpRequest, idempotency_key: str) -> None:
    if not (0 < len(idempotency_key) <= LONGEST_KEY and idempotency_key.isprintable()):
        raise Unacceptable(f"must have from 1 to {LONGEST_KEY} printable characters", field="idempotency_key")
    provider = registry.get(request.provider)
    by_card = request.method == Method.SAVED_CARD
    if request.method not in provider.methods or by_card != (request.cause == TopUpCause.AUTO):
        raise Unacceptable(f"{provider.name} is not paid in this way", field="method")
    if request.save_card and request.method != Method.CHECKOUT:
        raise Unacceptable("only a card can be saved", field="save_card")


def _require_active(customer_id: UUID) -> None:
    """What is read here is protected by the wallet's lock."""
    state = Customer.objects.values_list("state", flat=True).get(id=customer_id)
    if state != Customer.State.ACTIVE:
        raise Refused(f"this customer is {state} and buys no credit", code=f"customer_{state}")


def _require_few_pending(customer_id: UUID) -> None:
    if TopUp.objects.filter(customer_id=customer_id, state__in=PENDING).count() >= MOST_PENDING:
        raise TooManyPending(f"there are {MOST_PENDING} unpaid top-ups; pay one, or wait until they lapse")


def _insert(request: TopUpRequest, idempotency_key: str, now: datetime) -> TopUp:
    offer = offers.make(provider=request.provider, amount_minor=request.amount_minor, now=now)
    top_up = TopUp.objects.create(
        customer_id=request.customer_id,
        id=uuid7(),
        provider=request.provider,
        method=request.method,
        cause=request.cause,
        state=TopUpState.CREATED,
        currency=offer.currency,
        amount_minor=offer.amount_minor,
        cny_per_usd_micros=offer.cny_per_usd_micros,
        credit_nanos=offer.credit_nanos,
        bonus_nanos=offer.bonus_nanos,
        idempotency_key=idempotency_key,
        fingerprint=request.fingerprint,
        user_id=request.user_id,
        email=request.email,
        save_card=request.save_card,
        saved_card_id=request.saved_card_id,
        created_at=now,
        # Whole seconds, as Stripe counts: what a repetition sends is then the same.
        expires_at=(now + orders.LIVES[ProviderName(request.provider)]).replace(microsecond=0),
        next_check_at=now + FIRST_CHECK,
    )
    references.keep(top_up, ReferenceKind.TOP_UP, top_up.reference)
    return top_up


def _open(top_up: TopUp, checkout: Checkout, *, now: datetime) -> TopUp:
    with transaction.atomic():
        Book.lock([top_up.customer_id], now=now)
        stored = TopUp.objects.get(customer_id=top_up.customer_id, id=top_up.id)
        # A call at the same time, or a message that was faster, has done it.
        if stored.state != TopUpState.CREATED:
            return stored
        references.keep(stored, ReferenceKind.OBJECT, checkout.object_id)
        stored.state = TopUpState.OPEN
        stored.object_id = checkout.object_id
        stored.checkout_url = checkout.url or ""
        stored.qr_code = checkout.qr_code or ""
        stored.expires_at = min(stored.expires_at, checkout.expires_at)
        stored.next_check_at = now + FIRST_CHECK
        stored.save(
            update_fields=[
                "state",
                "object_id",
                "checkout_url",
                "qr_code",
                "expires_at",
                "next_check_at",
            ]
        )
    return stored


def _fail(top_up: TopUp, error: Rejected, *, now: datetime) -> None:
    log.error("checkout rejected", top_up_id=str(top_up.id), reason=error.reason, detail=error.detail)
    with transaction.atomic():
        Book.lock([top_up.customer_id], now=now)
        TopUp.objects.filter(customer_id=top_up.customer_id, id=top_up.id, state=TopUpState.CREATED).update(
            state=TopUpState.FAILED, failure=error.reason[:500], ended_at=now, next_check_at=None
        )
