"""Whether a card is to be charged now: read under the wallet's lock, after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum

from accounts.models import Customer
from billing.ledger.accounts import LockedWallet
from billing.models import PENDING, AutoTopUp, SavedCard, TopUp, TopUpCause, TopUpState

MOST_ATTEMPTS: Final = 2
WINDOW: Final = timedelta(minutes=10)
# How a top-up ends whose card nobody charged: no reason to doubt the card.
NOT_CHARGED: Final = "not_charged"


@dataclass(frozen=True, slots=True)
class Decision:
    """At most one of them is set; neither of them: charge.

    `refused`: a refusal that nobody has answered yet. `wait_until`: too many attempts, or the month's cap.
    """

    refused: TopUp | None = None
    wait_until: datetime | None = None
    is_capped: bool = False

    @property
    def charges(self) -> bool:
        return self.refused is None and self.wait_until is None


def is_wanted(auto: AutoTopUp | None, wallet: LockedWallet) -> bool:
    """Whether the customer's own terms ask for a top-up right now."""
    return (
        auto is not None
        and auto.enabled
        and auto.suspended_at is None
        and wallet.available < auto.threshold_nanos
        and Customer.objects.filter(id=auto.customer_id, state=Customer.State.ACTIVE).exists()
        and SavedCard.objects.filter(
            customer_id=auto.customer_id, id=auto.saved_card_id, removed_at=None
        ).exists()
    )


def decide(auto: AutoTopUp, *, now: datetime) -> Decision:
    """What earlier attempts allow."""
    earlier = TopUp.objects.filter(customer_id=auto.customer_id, cause=TopUpCause.AUTO)

    refused = (
        earlier.filter(
            state__in=[TopUpState.FAILED, TopUpState.EXPIRED],
            saved_card_id=auto.saved_card_id,
            created_at__gte=auto.agreed_at,
        )
        .exclude(failure=NOT_CHARGED)
        .order_by("-id")
        .first()
    )
    if refused is not None:
        return Decision(refused=refused)

    recent = list(
        earlier.filter(created_at__gt=now - WINDOW).order_by("-id").values_list("created_at", flat=True)
    )
    if len(recent) >= MOST_ATTEMPTS:
        return Decision(wait_until=recent[MOST_ATTEMPTS - 1] + WINDOW)

    if spent_minor(auto, now=now) + auto.amount_minor > auto.monthly_cap_minor:
        return Decision(wait_until=_next_month(now), is_capped=True)
    return Decision()


def spent_minor(auto: AutoTopUp, *, now: datetime) -> int:
    """What automatic top-ups of this UTC month cost, with those in flight."""
    counted = TopUp.objects.filter(
        customer_id=auto.customer_id,
        cause=TopUpCause.AUTO,
        state__in=[TopUpState.PAID, *PENDING],
        created_at__gte=_month(now),
    )
    return counted.aggregate(spent=Sum("amount_minor"))["spent"] or 0


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next_month(now: datetime) -> datetime:
    return _month(_month(now) + timedelta(days=32))
