"""Issues a gateway's service token and shows its secret once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountsError
from accounts.models import Action, ServiceToken
from accounts.services import operator_log, service_tokens
from accounts.services.operator_log import COMMAND_LINE


class Command(BaseCommand):
    help = "Issue a service token for a gateway; the secret goes to stdout, once, and all else to stderr."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gateway", metavar="GATEWAY")
        parser.add_argument(
            "--scopes", required=True, help=f"comma-separated, of {', '.join(ServiceToken.Scope.values)}"
        )
        parser.add_argument("--expires-in-days", type=int, choices=range(1, 3651), metavar="DAYS")

    def handle(self, *, gateway: str, scopes: str, expires_in_days: int | None, **_options: Any) -> None:
        now = timezone.now()
        try:
            with transaction.atomic():
                issued = service_tokens.issue(
                    gateway=gateway,
                    scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
                    now=now,
                    expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
                )
                operator_log.record(
                    by=COMMAND_LINE,
                    action=Action.ISSUE_TOKEN,
                    now=now,
                    on=issued.token,
                    detail={"gateway": gateway, "scopes": issued.token.scopes},
                )
        except AccountsError as error:
            raise CommandError(error.detail) from error

        self.stderr.write(
            f"{issued.token.masked} for {gateway}: {', '.join(issued.token.scopes)}. Shown only now:"
        )
        self.stdout.write(issued.secret)
