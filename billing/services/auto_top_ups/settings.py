"""What a customer agrees to: from which card, how much, below what, and how much in a month at most."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from billing.errors import NotFound, Refused, Unacceptable
from billing.ledger.book import Book
from billing.models import AutoTopUp, SavedCard
from billing.money import NANOS_PER_USD, format_usd
from billing.payments import currencies
from billing.services.top_ups import offers

CURRENCY: Final = offers.USD
LEAST_THRESHOLD_NANOS: Final = NANOS_PER_USD
MOST_CAP_MINOR: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """Charge `saved_card_id` with `amount_minor` when less than `threshold_nanos` is available.

    `monthly_cap_minor` bounds what a UTC month may charge.
    """

    threshold_nanos: int
    amount_minor: int
    monthly_cap_minor: int
    saved_card_id: UUID


def find(*, customer_id: UUID) -> AutoTopUp | None:
    """What the customer agreed to, switched on or off; None where it never did."""
    return AutoTopUp.objects.filter(customer_id=customer_id).first()


def agree(*, customer_id: UUID, user_id: UUID, terms: Terms, now: datetime) -> AutoTopUp:
    """Switch automatic top-ups on with these terms, or change them; ends a suspension.

    Raises `Unacceptable`, `NotFound` for a card that is not there, and `Refused` for who may not buy. Who of
    a customer's people may agree is the caller's to decide.
    """
    _require(terms)

    with transaction.atomic():
        Book.lock([customer_id], now=now)
        _require_active(customer_id)
        _require_card(customer_id, terms.saved_card_id)
        auto, _ = AutoTopUp.objects.update_or_create(
            customer_id=customer_id,
            defaults={
                "enabled": True,
                "threshold_nanos": terms.threshold_nanos,
                "amount_minor": terms.amount_minor,
                "monthly_cap_minor": terms.monthly_cap_minor,
                "saved_card_id": terms.saved_card_id,
                "agreed_at": now,
                "agreed_by_id": user_id,
                "suspended_at": None,
                "suspended_reason": "",
                "next_check_at": None,
            },
        )
    return auto


def switch_off(*, customer_id: UUID, now: datetime) -> bool:
    """Charge the card no more from here on, and return whether it was switched on.

    A charge that has begun is not called back.
    """
    with transaction.atomic():
        Book.lock([customer_id], now=now)
        switched = AutoTopUp.objects.filter(customer_id=customer_id, enabled=True).update(enabled=False)
    return bool(switched)


def _require(terms: Terms) -> None:
    bounds = offers.limits(CURRENCY)
    if not bounds.least_minor <= terms.amount_minor <= bounds.most_minor:
        least, most = (offers.shown(minor, CURRENCY) for minor in (bounds.least_minor, bounds.most_minor))
        raise Unacceptable(f"must be from {least} to {most} USD", code="amount_out_of_range", field="amount")
    # Else one charge would not lift the credit above the threshold, and the next would follow at once.
    most_nanos = currencies.to_nanos(terms.amount_minor, CURRENCY)
    if not LEAST_THRESHOLD_NANOS <= terms.threshold_nanos <= most_nanos:
        least = format_usd(LEAST_THRESHOLD_NANOS)
        raise Unacceptable(
            f"must be from {least} USD to the amount of a top-up",
            code="threshold_out_of_range",
            field="threshold",
        )
    if not terms.amount_minor <= terms.monthly_cap_minor <= MOST_CAP_MINOR:
        most = offers.shown(MOST_CAP_MINOR, CURRENCY)
        raise Unacceptable(
            f"must be from the amount of a top-up to {most} USD",
            code="monthly_cap_out_of_range",
            field="monthly_cap",
        )


def _require_active(customer_id: UUID) -> None:
    """What is read here is protected by the wallet's lock."""
    state = Customer.objects.values_list("state", flat=True).get(id=customer_id)
    if state != Customer.State.ACTIVE:
        raise Refused(f"this customer is {state} and buys no credit", code=f"customer_{state}")


def _require_card(customer_id: UUID, saved_card_id: UUID) -> None:
    cards = SavedCard.objects.filter(customer_id=customer_id, id=saved_card_id, removed_at=None)
    if not cards.exists():
        raise NotFound("No such card.", field="card")
