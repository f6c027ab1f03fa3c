"""Signs a customer up by hand, until people have a page for it, and shows the first key once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountsError
from accounts.models import Action
from accounts.services import operator_log
from accounts.services.operator_log import COMMAND_LINE
from billing import wake
from billing.services import customers


class Command(BaseCommand):
    help = (
        "Create a user, its customer, an empty wallet and a first API key; the key goes to stdout, once, and "
        "all else to stderr."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", required=True, help="the customer's name")

    def handle(self, *, email: str, name: str, **_options: Any) -> None:
        now = timezone.now()
        try:
            with transaction.atomic():
                new = customers.sign_up(email=email, name=name, now=now)
                operator_log.record(
                    by=COMMAND_LINE,
                    action=Action.SIGN_UP,
                    now=now,
                    on=new.customer,
                    customer_id=new.customer.id,
                    detail={"owner": new.user.email, "key": new.first_key.key.masked},
                )
        except AccountsError as error:
            raise CommandError(error.detail) from error

        wake.wake("billing.tasks.publish_key_states")
        self.stderr.write(
            f"{new.user.email} owns {new.customer.name}. First API key {new.first_key.key.masked}, cut off "
            "until credit comes. Shown only now:"
        )
        self.stdout.write(new.first_key.secret)
