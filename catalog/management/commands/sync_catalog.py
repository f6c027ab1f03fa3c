"""`manage.py sync_catalog`: loads the catalogue's files into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import prices
from catalog.errors import CatalogError
from catalog.files import model_files
from catalog.services import sync


class Command(BaseCommand):
    help = "Load providers, models and prices from catalog/data; all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=model_files.DATA, help="folder of the files")
        parser.add_argument(
            "--allow-big-moves",
            action="store_true",
            help=f"accept prices that move by more than a factor of {sync.BIGGEST_MOVE}",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = sync.sync(
                providers=model_files.read_providers(options["data"]),
                models=model_files.read_models(options["data"]),
                now=timezone.now(),
                biggest_move=None if options["allow_big_moves"] else sync.BIGGEST_MOVE,
            )
        except CatalogError as error:
            raise CommandError(error.detail) from error
        prices.forget()
        self._print(report)

    def _print(self, report: sync.Report) -> None:
        changed = 0
        for outcome in report.outcomes:
            done = []
            if outcome.is_new or outcome.is_changed:
                done.append("added" if outcome.is_new else "updated")
            if outcome.published:
                done.append(f"priced from {outcome.published.effective_at:%Y-%m-%d %H:%M:%S} UTC")
            if done:
                changed += 1
                self.stdout.write(f"{outcome.slug}: {', '.join(done)}")
        for slug in report.without_file:
            self.stdout.write(f"{slug}: has no file; left as it is")
        self.stdout.write(f"{len(report.outcomes)} models in the catalogue, {changed} changed")
