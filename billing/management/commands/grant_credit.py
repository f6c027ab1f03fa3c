"""Gives a customer promotional credit, until people have a page for it."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import Action, Customer
from accounts.services import operator_log
from accounts.services.operator_log import COMMAND_LINE
from billing import wake
from billing.errors import BillingError
from billing.models import Wallet
from billing.money import format_usd, parse_usd
from billing.services import credits


class Command(BaseCommand):
    help = "Give the customer that EMAIL owns promotional credit; keys that were cut off work again at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("amount_nanos", metavar="USD", type=_usd, help='for example "5" or "0.25"')
        parser.add_argument("--reason", required=True, help="why; it stands on the ledger for ever")
        parser.add_argument("--expires-in-days", type=int, choices=range(1, 3651), metavar="DAYS")
        parser.add_argument(
            "--once",
            metavar="KEY",
            help="a name for this grant: given again for the same customer, it is not posted again",
        )

    def handle(
        self,
        *,
        email: str,
        amount_nanos: int,
        reason: str,
        expires_in_days: int | None,
        once: str | None,
        **_options: Any,
    ) -> None:
        now = timezone.now()
        customer = _customer(email)
        effect_key = f"grant:{once or uuid7()}"
        try:
            with transaction.atomic():
                is_new = credits.grant(
                    customer_id=customer.id,
                    amount_nanos=amount_nanos,
                    reason=reason,
                    effect_key=effect_key,
                    now=now,
                    expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
                )
                if is_new:
                    _record(customer, amount_nanos, reason, effect_key, now=now)
        except BillingError as error:
            raise CommandError(error.detail) from error

        wake.wake("billing.tasks.publish_key_states")
        given = f"Gave ${format_usd(amount_nanos)} to" if is_new else "Given before, nothing changed for"
        wallet = Wallet.objects.get(customer=customer)
        self.stdout.write(
            f"{given} {customer.name}: balance ${format_usd(wallet.balance_nanos)}, "
            f"held ${format_usd(wallet.held_nanos)}, debt ${format_usd(wallet.debt_nanos)}"
        )


def _record(customer: Customer, amount_nanos: int, reason: str, effect_key: str, *, now: datetime) -> None:
    operator_log.record(
        by=COMMAND_LINE,
        action=Action.GRANT,
        now=now,
        on=customer,
        customer_id=customer.id,
        reason=reason,
        detail={"amount_usd": format_usd(amount_nanos), "effect_key": effect_key},
    )


def _usd(text: str) -> int:
    try:
        return parse_usd(text)
    except ValueError as error:
        raise ArgumentTypeError(f"an amount in US dollars: {error}") from None


def _customer(email: str) -> Customer:
    owned = Customer.objects.filter(memberships__role="owner", memberships__user__email=email.strip().lower())
    try:
        return owned.get()
    except Customer.DoesNotExist:
        raise CommandError(f"{email} owns no customer") from None
    except Customer.MultipleObjectsReturned:
        raise CommandError(f"{email} owns several customers") from None
