"""`manage.py import_official_prices`: refreshes limits and prices in the catalogue's files."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.decimals import parse_fixed
from catalog.errors import BadCostMap, CatalogError
from catalog.files import cost_map, model_files, offers
from catalog.files.model_files import ModelFile


class Command(BaseCommand):
    help = (
        "Read official prices from LiteLLM's public cost map (one JSON file inside its wheel) and write "
        "them, with our prices at a multiplier, into the files of the models that have a map_key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the cost map")
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="date of the cost map")
        parser.add_argument("--multiplier", default="0.353", help="our price as a part of the official one")
        parser.add_argument("--models", nargs="+", default=[], help="model ids; default: all with a map_key")
        parser.add_argument("--source", default="LiteLLM public cost map", help="name and version of the map")
        parser.add_argument("--data", type=Path, default=model_files.DATA, help="folder of the files")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            multiplier = parse_fixed(options["multiplier"], offers.MULTIPLIER_PLACES, 10**6)
        except ValueError as error:
            raise CommandError(f"--multiplier {error}") from error
        try:
            models = _chosen(model_files.read_models(options["data"]), options["models"])
            known = cost_map.read_map(options["file"])
        except CatalogError as error:
            raise CommandError(error.detail) from error

        texts, refusals = {}, []
        for model, key in models:
            try:
                figures = cost_map.read_figures(key, known.get(key), as_of=options["as_of"])
                offer = offers.make_offer(
                    key,
                    figures,
                    multiplier_micros=multiplier,
                    source=options["source"],
                    as_of=options["as_of"],
                )
            except BadCostMap as error:
                refusals.append(f"{model.slug}: {error.detail}")
                continue
            written = model.path.read_text(encoding="utf-8")
            texts[model.path] = offers.write_offer(written, offer, multiplier_micros=multiplier)
            for note in figures.notes:
                self.stdout.write(f"{model.slug}: {note}")
        if refusals:
            raise CommandError("nothing was written:\n" + "\n".join(refusals))
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"wrote the prices of {len(texts)} models; sync_catalog puts them into force")


def _chosen(models: list[ModelFile], slugs: list[str]) -> list[tuple[ModelFile, str]]:
    keyed = {model.slug: (model, model.map_key) for model in models if model.map_key}
    unknown = [slug for slug in slugs if slug not in keyed]
    if unknown:
        raise BadCostMap(f"no file with a map_key for {', '.join(unknown)}")
    return [keyed[slug] for slug in slugs or keyed]
