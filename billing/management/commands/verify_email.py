"""Marks an e-mail address as verified by hand, until people have a page for it, and gives the welcome."""

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
    help = "Say that the user with this EMAIL owns the address, and give the welcome, if there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--reason", required=True, help="how it was verified; for the operators' log")

    def handle(self, *, email: str, reason: str, **_options: Any) -> None:
        now = timezone.now()
        try:
            with transaction.atomic():
                verified = customers.verify_email(email=email, now=now)
                if verified.is_new:
                    operator_log.record(
                        by=COMMAND_LINE, action=Action.VERIFY_EMAIL, now=now, on=verified.user, reason=reason
                    )
        except AccountsError as error:
            raise CommandError(error.detail) from error

        wake.wake("billing.tasks.publish_key_states")
        told = "is verified" if verified.is_new else "was verified before"
        welcome = f"; {verified.welcomed} was given the welcome" if verified.welcomed else ""
        self.stdout.write(f"{verified.user.email} {told}{welcome}.")
