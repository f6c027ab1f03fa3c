"""Brings the database up to date: schema, catalogue and, if wanted, the demo data."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate as owner, load the catalogue and, with --demo, the demo data. Safe to repeat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true")

    def handle(self, *, demo: bool, **_options: Any) -> None:
        call_command("migrate", database="owner", verbosity=0, interactive=False, stdout=self.stdout)
        call_command("sync_catalog", verbosity=0, stdout=self.stdout)
        if demo:
            call_command("seed_demo", stdout=self.stdout)
