"""Saved cards: kept when a payment saved one, listed, and removed by their owner."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from uuid_utils.compat import uuid7

from billing import sql
from billing.errors import NotFound
from billing.ledger.book import Book
from billing.models import AutoTopUp, Payer, SavedCard, TopUp
from billing.payments.protocol import Card, Payment
from billing.services.auto_top_ups import suspensions

log = structlog.get_logger()

INSERT_PAYER = """
    insert into payer (customer_id, payer_id, created_at) values (%s, %s, %s)
        on conflict do nothing
"""
INSERT_CARD = """
    insert into saved_card (customer_id, id, card_id, brand, last4, expires_month, expires_year, saved_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (customer_id, card_id) do nothing
"""


def keep(top_up: TopUp, payment: Payment, now: datetime) -> None:
    """Keep the card that a paid top-up saved, and go on with automatic top-ups that waited for one.

    An effect of converge: called under the wallet's lock, however often the payment is looked at.
    """
    shown = payment.card
    if shown is None or not top_up.save_card:
        return
    if not _is_payers(top_up.customer_id, shown.payer, now=now):
        # It could not be charged: our orders name the customer's first payer.
        log.error("card of another payer not kept", top_up_id=str(top_up.id))
        return

    is_new = _insert(top_up.customer_id, shown, now=now)
    card = SavedCard.objects.get(customer_id=top_up.customer_id, card_id=shown.card_id)
    if card.removed_at is not None:
        if top_up.created_at <= card.removed_at:
            return
        # Its owner chose it again after having removed it.
        card.removed_at = None
        card.save(update_fields=["removed_at"])
    _resume(top_up, card, is_new=is_new, now=now)


def page(*, customer_id: UUID) -> list[SavedCard]:
    """The customer's cards that are not removed, the newest first."""
    return list(SavedCard.objects.filter(customer_id=customer_id, removed_at=None).order_by("-id"))


def remove(*, customer_id: UUID, saved_card_id: UUID, now: datetime) -> SavedCard:
    """Charge this card never again; automatic top-ups that used it wait for another. Raises `NotFound`."""
    with transaction.atomic():
        Book.lock([customer_id], now=now)
        card = SavedCard.objects.filter(customer_id=customer_id, id=saved_card_id).first()
        if card is None:
            raise NotFound("No such card.")
        if card.removed_at is None:
            card.removed_at = now
            card.save(update_fields=["removed_at"])
            # Its owner knows: no mail.
            AutoTopUp.objects.filter(
                customer_id=customer_id, saved_card_id=saved_card_id, suspended_at=None
            ).update(suspended_at=now, suspended_reason=suspensions.CARD_REMOVED)
    return card


def _is_payers(customer_id: UUID, payer_id: str, *, now: datetime) -> bool:
    sql.run(INSERT_PAYER, [customer_id, payer_id, now])
    return Payer.objects.filter(customer_id=customer_id, payer_id=payer_id).exists()


def _insert(customer_id: UUID, shown: Card, *, now: datetime) -> bool:
    row = [shown.card_id, shown.brand[:30], shown.last4, shown.expires_month, shown.expires_year, now]
    return bool(sql.run(INSERT_CARD, [customer_id, uuid7(), *row]))


def _resume(top_up: TopUp, card: SavedCard, *, is_new: bool, now: datetime) -> None:
    auto = AutoTopUp.objects.filter(customer_id=top_up.customer_id).first()
    if auto is None or auto.suspended_at is None:
        return

    # A payment from before the suspension that is looked at again confirms nothing.
    if is_new or top_up.created_at > auto.suspended_at:
        suspensions.resume(auto, card, now=now)
