"""A top-up as its provider is asked for it: made of stored rows alone, so that a repetition is the same."""

from datetime import timedelta
from typing import Final

from django.conf import settings

from billing.models import Payer, SavedCard, TopUp
from billing.payments.names import Method, ProviderName
from billing.payments.protocol import Order
from billing.services.top_ups import offers

# Stripe keeps a session for 24 hours at most, and its idempotency keys not longer.
LIVES: Final = {ProviderName.STRIPE: timedelta(hours=23), ProviderName.ALIPAY: timedelta(hours=2)}


def of(top_up: TopUp) -> Order:
    returns_to = f"{settings.PUBLIC_URL}/dashboard/top-ups/{top_up.id}/"
    return Order(
        reference=top_up.reference,
        top_up_id=top_up.id,
        customer_id=top_up.customer_id,
        method=Method(top_up.method),
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        description=f"API credit, {offers.shown(top_up.amount_minor, top_up.currency)} {top_up.currency}",
        email=top_up.email,
        return_url=returns_to,
        cancel_url=f"{returns_to}?left=1",
        notify_url=f"{settings.PUBLIC_URL}/webhooks/{top_up.provider}",
        expires_at=top_up.expires_at,
        payer=_payer(top_up),
        card=_card(top_up),
        save_card=top_up.save_card,
    )


def _payer(top_up: TopUp) -> str | None:
    """Stripe's customer, if there was one when the top-up began: one made later would change the order."""
    if top_up.provider != ProviderName.STRIPE:
        return None
    payers = Payer.objects.filter(customer_id=top_up.customer_id, created_at__lte=top_up.created_at)
    return payers.values_list("payer_id", flat=True).first()


def _card(top_up: TopUp) -> str | None:
    if top_up.saved_card_id is None:
        return None
    cards = SavedCard.objects.filter(customer_id=top_up.customer_id, id=top_up.saved_card_id)
    return cards.values_list("card_id", flat=True).get()
