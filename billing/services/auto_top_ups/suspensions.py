"""Stopping automatic top-ups after a refusal, with a mail, and what lets them go on."""

from datetime import datetime
from typing import Final

import structlog
from django.conf import settings

from billing.models import AutoTopUp, MailKind, SavedCard
from billing.services.auto_top_ups.settings import CURRENCY
from billing.services.mails import outbox

log = structlog.get_logger()

CARD_REMOVED: Final = "card_removed"
CAP_REACHED: Final = "monthly_cap_reached"
PAGE: Final = "/dashboard/auto-top-up/"


def suspend(auto: AutoTopUp, *, reason: str, cause: str, now: datetime) -> bool:
    """Charge no more until the card changes or the customer agrees again; False where it stands already.

    Called under the wallet's lock. `cause` names what was refused: it gets one mail.
    """
    if auto.suspended_at is not None:
        return False

    auto.suspended_at = now
    auto.suspended_reason = reason[:50]
    auto.save(update_fields=["suspended_at", "suspended_reason"])
    log.warning("automatic top-ups suspended", customer_id=str(auto.customer_id), reason=reason)
    tell(auto, reason=reason, cause=cause, now=now)
    return True


def resume(auto: AutoTopUp, card: SavedCard, *, now: datetime) -> None:
    """Go on with a card that its owner has just confirmed; called under the wallet's lock."""
    auto.saved_card_id = card.id
    auto.agreed_at = now
    auto.suspended_at = None
    auto.suspended_reason = ""
    auto.next_check_at = None
    auto.save()
    log.info("automatic top-ups resumed", customer_id=str(auto.customer_id))


def tell(auto: AutoTopUp, *, reason: str, cause: str, now: datetime) -> bool:
    """Write the mail that no top-up happened, once for each cause."""
    card = SavedCard.objects.get(customer_id=auto.customer_id, id=auto.saved_card_id)
    return outbox.write(
        customer_id=auto.customer_id,
        kind=MailKind.AUTO_TOP_UP_FAILED,
        cause_key=f"{MailKind.AUTO_TOP_UP_FAILED}:{cause}",
        content={
            "reason": reason,
            "amount_minor": auto.amount_minor,
            "monthly_cap_minor": auto.monthly_cap_minor,
            "currency": CURRENCY,
            "card_brand": card.brand,
            "card_last4": card.last4,
            "happened_at": now.isoformat(),
            "link": f"{settings.PUBLIC_URL}{PAGE}",
        },
        now=now,
    )
