"""`manage.py price_unpriced`: charge meters that were used before they had a price."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Action
from accounts.services import operator_log
from accounts.services.operator_log import COMMAND_LINE
from billing import wake
from billing.money import format_usd
from catalog.models import PriceVersion
from usage.errors import UsageError
from usage.services.corrections import late_prices


class Command(BaseCommand):
    help = (
        "Charge the meters that a model's charges list as unpriced, at the price version of --price-version. "
        "Customers pay more by that: look at --dry-run first. Running it twice charges once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--price-version", type=int, required=True, metavar="ID", help="of the same model"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be charged")

    def handle(self, *_args: Any, price_version: int, dry_run: bool, **_options: Any) -> None:
        try:
            if dry_run:
                priced = late_prices.preview(price_version_id=price_version)
            else:
                _record(price_version)
                priced = late_prices.price(price_version_id=price_version, now=timezone.now())
        except UsageError as error:
            raise CommandError(error.detail) from error
        if priced.keys_changed:
            wake.wake("billing.tasks.publish_key_states")
        for meter, units in sorted(priced.units.items()):
            self.stdout.write(f"{units} {meter} of {priced.model}")
        verb = "would be charged" if dry_run else "charged"
        self.stdout.write(f"{priced.requests} requests, ${format_usd(priced.amount_nanos)} {verb}")


def _record(price_version_id: int) -> None:
    """Before it begins: it goes through customers in many transactions, and any of them may be the last."""
    version = PriceVersion.objects.filter(id=price_version_id).first()
    if version is not None:
        with transaction.atomic():
            operator_log.record(by=COMMAND_LINE, action=Action.PRICE_UNPRICED, now=timezone.now(), on=version)
