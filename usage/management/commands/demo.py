"""`manage.py demo`: the whole point of the service in a few lines, with the real thing running."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from usage.replay import demo, serve
from usage.replay.errors import ReplayError


class Command(BaseCommand):
    help = "A customer gets credit, runs out of it, is cut off, gets credit and works again; then an audit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", help="a running service on the same database; else a throw-away one is started"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["url"] is None:
            serve.again(sys.argv)
        try:
            broken = demo.tell(options["url"], self.stdout.write)
        except ReplayError as error:
            raise CommandError(str(error), returncode=error.exit_status) from error
        if broken:
            sys.exit(1)
