"""Purchases of the cast: what Alice does on our page, and what the books say after."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.models import BonusPlan, CreditLot, ExchangeRate, LedgerTransaction, TopUp
from billing.services.top_ups import start
from billing.services.top_ups.converge import Converged, converge
from billing.services.top_ups.start import TopUpRequest
from tests import cast

RATE = 7_200_000


def request(who: cast.Player, **changes: Any) -> TopUpRequest:
    asked: dict[str, Any] = {
        "provider": "stripe",
        "method": "checkout",
        "amount_minor": 2000,
        "email": "alice@example.com",
    }
    return TopUpRequest(customer_id=who.id, **(asked | changes))


def begin(who: cast.Player, key: str = "key-1", *, now: datetime | None = None, **changes: Any) -> TopUp:
    """A top-up of $20 with Stripe, or what `changes` say."""
    return start.start(request(who, **changes), idempotency_key=key, now=now or timezone.now())


def begin_with_alipay(who: cast.Player, key: str = "key-1", **changes: Any) -> TopUp:
    """A top-up of ¥100 at 7.2."""
    if not ExchangeRate.objects.exists():
        rate()
    asked: dict[str, Any] = {"provider": "alipay", "method": "page", "amount_minor": 10_000}
    return begin(who, key, **(asked | changes))


def look(top_up: TopUp, *, now: datetime | None = None) -> Converged:
    return converge(customer_id=top_up.customer_id, top_up_id=top_up.id, now=now or timezone.now())


def again(top_up: TopUp) -> TopUp:
    """The top-up as it is stored."""
    return TopUp.objects.get(customer_id=top_up.customer_id, id=top_up.id)


def rate(micros: int = RATE, *, at: datetime | None = None) -> None:
    at = at or timezone.now() - timedelta(days=1)
    ExchangeRate.objects.create(cny_per_usd_micros=micros, effective_at=at, reason="test", created_at=at)


def bonus(*tiers: tuple[int, int], days: int | None = None, at: datetime | None = None) -> None:
    """A plan with tiers of (from nanos, parts per million)."""
    at = at or timezone.now() - timedelta(days=1)
    BonusPlan.objects.create(
        tiers=[{"from_nanos": least, "bonus_ppm": ppm} for least, ppm in tiers],
        expires_days=days,
        effective_at=at,
        reason="test",
        created_at=at,
    )


def books(who: cast.Player) -> tuple[int, int, int]:
    """Balance, ledger transactions and lots of a customer."""
    mine = {"customer_id": who.id}
    transactions = LedgerTransaction.objects.filter(**mine).count()
    return who.wallet().balance_nanos, transactions, CreditLot.objects.filter(**mine).count()
