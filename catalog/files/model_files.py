"""Reads the catalogue's files: providers.toml, and models/<provider>/<slug>.toml for each model."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.decimals import parse_fixed
from catalog.errors import BadModelFile, PriceRefused
from catalog.files.pages import read_page
from catalog.files.tables import Table, read_table
from catalog.price_sets import MAX_PICOS, PRICE_PLACES, MeterPrice, PriceSet, check
from catalog.rating import METERS

DATA = Path(__file__).resolve().parent.parent / "data"
MOST_TOKENS = 100_000_000
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


@dataclass(frozen=True, slots=True)
class Offer:
    """What `import_official_prices` writes: limits and prices."""

    context_tokens: int
    max_output_tokens: int
    price_set: PriceSet
    effective_at: datetime | None


@dataclass(frozen=True, slots=True)
class ModelFile:
    path: Path
    provider: str
    slug: str
    name: str
    description: str
    is_active: bool
    # The model's name in the public cost map; None keeps its prices by hand.
    map_key: str | None
    # None until prices are written or imported.
    offer: Offer | None
    details: dict[str, object]


def read_providers(data: Path = DATA) -> dict[str, str]:
    """Return the providers' display names by slug."""
    table = read_table(data / "providers.toml")
    names = {}
    for slug in table.names():
        provider = table.table(slug)
        names[slug] = provider.text("name", most=80)
        provider.end()
    return names


def read_models(data: Path = DATA) -> list[ModelFile]:
    """Read every model's file; raises BadModelFile at the first mistake."""
    models = [read_model(path) for path in sorted((data / "models").glob("*/*.toml"))]
    _refuse_twins(models)
    return models


def read_model(path: Path) -> ModelFile:
    slug = path.stem
    if not _SLUG.fullmatch(slug):
        raise BadModelFile(path, "", "a file's name is its model id: lower-case letters, digits, . and -")
    table = read_table(path)
    page = table.find_table("page")
    model = ModelFile(
        path=path,
        provider=path.parent.name,
        slug=slug,
        name=table.text("name", most=120),
        description=table.text("description"),
        is_active=table.boolean("is_active", default=True),
        map_key=table.find_text("map_key"),
        offer=_read_offer(table),
        details=read_page(page, slug=slug) if page else {},
    )
    table.end()
    return model


def _read_offer(table: Table) -> Offer | None:
    if not {"limits", "prices"} & set(table.names()):
        return None
    limits, prices = table.table("limits"), table.table("prices")
    offer = Offer(
        context_tokens=limits.integer("context_tokens", most=MOST_TOKENS),
        max_output_tokens=limits.integer("max_output_tokens", most=MOST_TOKENS),
        effective_at=prices.find_moment("effective_at"),
        price_set=_read_price_set(prices),
    )
    limits.end()
    return offer


def _read_price_set(prices: Table) -> PriceSet:
    # The multiplier that led from official to sale prices is for the reader of the file.
    prices.find_text("multiplier")
    sale = _read_picos(prices.table("sale"))
    officials = prices.find_table("official")
    official = _read_picos(officials) if officials else {}
    for meter in official.keys() - sale.keys():
        raise prices.error(f"official.{meter}", "has no sale price beside it")
    price_set = PriceSet(
        prices=tuple(MeterPrice(meter, picos, official.get(meter)) for meter, picos in sale.items()),
        source=prices.text("source"),
        official_as_of_date=prices.find_date("as_of"),
        note=prices.find_text("note") or "",
    )
    prices.end()
    try:
        check(price_set.prices)
    except PriceRefused as refused:
        raise prices.error("sale", refused.detail) from refused
    return price_set


def _read_picos(prices: Table) -> dict[str, int]:
    """Read USD per 1M units; they are strings in the file, because TOML has no exact decimals."""
    picos = {}
    for meter in METERS:
        text = prices.find_text(meter)
        if text is None:
            continue
        try:
            picos[meter] = parse_fixed(text, PRICE_PLACES, MAX_PICOS)
        except ValueError as error:
            raise prices.error(meter, str(error)) from error
    prices.end()
    return picos


def _refuse_twins(models: Iterable[ModelFile]) -> None:
    seen: dict[str, Path] = {}
    for model in models:
        if model.slug in seen:
            raise BadModelFile(model.path, "", f"the same model id as {seen[model.slug]}")
        seen[model.slug] = model.path
