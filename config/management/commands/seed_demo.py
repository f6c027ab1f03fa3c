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
from billing.services import credits, keys, wallets

ADMIN, ALICE = "admin@example.com", "alice@example.com"
GATEWAY = "demo-gateway"
CREDIT_NANOS = 20 * 10**9


class Command(BaseCommand):
    help = "Create Alice with $20 and an API key, an admin and a gateway's service token, once."

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
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMIN, password, name="Admin")

    alice = customers.sign_up(email=ALICE, name="Alice", now=now, password=password)
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
    return {
        "ADMIN_EMAIL": ADMIN,
        "ADMIN_PASSWORD": password,
        "CUSTOMER_EMAIL": ALICE,
        "API_KEY": key.secret,
        "KEY_DIGEST": key_format.digest_of(key.secret).hex(),
        "SERVICE_TOKEN": token.secret,
    }


def _write(path: Path, demo: dict[str, str]) -> None:
    """Write a file that a shell can source, readable by its owner only."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in demo.items())
