"""Seeds a fresh installation with something to try it on, and keeps its secrets in DATA_DIR/demo.env."""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import key_format
from accounts.models import ServiceToken, User
from accounts.services import customers, service_tokens
from billing.models import BonusPlan, ExchangeRate
from billing.services import credits, keys, wallets

ADMIN, ALICE = "admin@example.com", "alice@example.com"
GATEWAY = "demo-gateway"
CREDIT_NANOS = 20 * 10**9
CNY_PER_USD_MICROS = 7_200_000
BONUS_TIERS = [
    {"from_nanos": 50 * 10**9, "bonus_ppm": 20_000},
    {"from_nanos": 100 * 10**9, "bonus_ppm": 50_000},
]


class Command(BaseCommand):
    help = "Create Alice with $20 and an API key, an admin, a gateway's service token and offers, once."

    def handle(self, **_options: Any) -> None:
        path = Path(settings.DATA_DIR) / "demo.env"
        if User.objects.filter(email=ALICE).exists():
            return
        if User.objects.filter(email=ADMIN).exists():
            raise CommandError(f"{ADMIN} exists, but not {ALICE}: this is not a demo database")

        with transaction.atomic():
            demo = seed(now=timezone.now())
            _write(path, demo)
        for name, value in demo.items():
            self.stdout.write(f"{name}={value}")
        self.stdout.write(f"These secrets are kept in {path} and are not shown again.")


def seed(*, now: datetime) -> dict[str, str]:
    """Create the demo's people, credit and credentials; return its secrets by name."""
    admin_password, alices_password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMIN, admin_password, name="Admin")

    alice = customers.sign_up(email=ALICE, name="Alice", now=now, password=alices_password)
    wallets.open_wallet(customer_id=alice.customer.id, now=now)
    credits.grant(
        customer_id=alice.customer.id,
        amount_nanos=CREDIT_NANOS,
        reason="Welcome to the demo",
        effect_key="demo:welcome",
        now=now,
    )
    key = keys.create(customer=alice.customer, name="Demo key", now=now, created_by=alice.user)
    token = service_tokens.issue(gateway=GATEWAY, scopes=ServiceToken.Scope.values, now=now)
    _offer(now=now)
    return {
        "ADMIN_EMAIL": ADMIN,
        "ADMIN_PASSWORD": admin_password,
        "CUSTOMER_EMAIL": ALICE,
        "CUSTOMER_PASSWORD": alices_password,
        "API_KEY": key.secret,
        "KEY_DIGEST": key_format.digest_of(key.secret).hex(),
        "SERVICE_TOKEN": token.secret,
    }


def _offer(*, now: datetime) -> None:
    """A rate to try Alipay with, and a bonus; real ones are an operator's to set."""
    reason = "A value of the demo, no real offer"
    ExchangeRate.objects.create(
        cny_per_usd_micros=CNY_PER_USD_MICROS, effective_at=now, reason=reason, created_at=now
    )
    BonusPlan.objects.create(tiers=BONUS_TIERS, effective_at=now, reason=reason, created_at=now)


def _write(path: Path, demo: dict[str, str]) -> None:
    """Write a file that a shell can source, readable by its owner only."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in demo.items())
