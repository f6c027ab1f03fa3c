"""Customers of a round, who have signed in, and the operator who gives money back."""

from datetime import datetime
from uuid import UUID

from django.test import Client

from accounts.models import User
from billing.models import BonusPlan, ExchangeRate
from billing.services import customers
from tests.drills.payments.terms import Conditions, Person

CSRF = "x" * 32


def sign_up(name: str, *, now: datetime) -> Person:
    new = customers.sign_up(email=f"{name}@example.com", name=name, now=now)
    browser = Client()
    browser.force_login(new.user)
    cookies = {key: morsel.value for key, morsel in browser.cookies.items()}
    return Person(new.customer.id, cookies | {"csrftoken": CSRF})


def operator(*, now: datetime) -> UUID:
    user = User(email="operator@example.com", created_at=now, is_staff=True)
    user.set_unusable_password()
    user.save(force_insert=True)
    return user.id


def offer(conditions: Conditions, *, now: datetime) -> None:
    """Sell on these terms from now on; what has begun keeps its own."""
    ExchangeRate.objects.create(
        cny_per_usd_micros=conditions.rate_micros, effective_at=now, reason="drill", created_at=now
    )
    tiers = [{"from_nanos": 1, "bonus_ppm": conditions.bonus_ppm}] if conditions.bonus_ppm else []
    BonusPlan.objects.create(tiers=tiers, expires_days=None, effective_at=now, reason="drill", created_at=now)
