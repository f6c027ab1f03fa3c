"""What customers agree to and how their credit runs low, and what their cards were charged."""

import contextlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from billing.models import AutoTopUp, SavedCard, TopUp
from billing.payments.errors import ProviderError
from billing.services import credits
from billing.services.auto_top_ups import attempt, charge, settings
from billing.services.auto_top_ups.settings import Terms
from tests import cast
from tests.billing.top_ups.purchases import begin, look
from tests.cast import USD
from tests.sandbox_servers import Control

LATER = timedelta(minutes=1)


def save_card(who: cast.Player, stripe: Control, behaviour: str = "good") -> SavedCard:
    """Buy credit for $20 and save the card that paid for it."""
    pay_and_save(who, stripe, behaviour)
    return SavedCard.objects.filter(customer_id=who.id).latest("saved_at")


def pay_and_save(who: cast.Player, stripe: Control, behaviour: str = "good") -> TopUp:
    top_up = begin(who, f"save:{uuid7()}", save_card=True)
    stripe.act("complete", session=top_up.object_id, how="pay", card=behaviour)
    return look(top_up).top_up


def agree(
    who: cast.Player,
    card: SavedCard | UUID,
    *,
    threshold: int = 5 * USD,
    amount: int = 2000,
    cap: int = 100_000,
    now: datetime | None = None,
) -> AutoTopUp:
    """Below $5, charge $20, up to $1000 a month."""
    return settings.agree(
        customer_id=who.id,
        user_id=person(who).id,
        terms=Terms(threshold, amount, cap, card.id if isinstance(card, SavedCard) else card),
        now=now or timezone.now(),
    )


def ready(who: cast.Player, stripe: Control, behaviour: str = "good", **terms: Any) -> SavedCard:
    """Save a card, agree, and spend all credit but $1."""
    card = save_card(who, stripe, behaviour)
    agree(who, card, **terms)
    spend(who)
    return card


def spend(who: cast.Player, *, leave: int = USD) -> None:
    amount = leave - who.wallet().balance_nanos
    if amount == 0:
        return
    credits.adjust(
        customer_id=who.id,
        amount_nanos=amount,
        reason="spent in a test",
        author_id=person(who).id,
        effect_key=f"spend:{uuid7()}",
        now=timezone.now(),
    )


def person(who: cast.Player) -> User:
    return who.customer.members.get()


def run(*, now: datetime | None = None) -> None:
    """What the task does."""
    now = now or timezone.now()
    with contextlib.suppress(ProviderError):
        while charge.go_on_due(now=now) or attempt.begin_due(now=now):
            now += timedelta(milliseconds=1)


def autos(who: cast.Player) -> list[TopUp]:
    return list(TopUp.objects.filter(customer_id=who.id, cause="auto").order_by("id"))


def states(who: cast.Player) -> list[str]:
    return [top_up.state for top_up in autos(who)]


def charged(stripe: Control) -> int:
    """How often a card was charged while its owner was away."""
    named = {top_up.payment_id for top_up in TopUp.objects.exclude(cause="auto")}
    charges = [one for one in stripe.objects("charge") if one["status"] == "succeeded"]
    return sum(one["payment_intent"] not in named for one in charges)
