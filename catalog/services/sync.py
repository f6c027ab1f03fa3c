"""Brings the database in line with the catalogue's files: all of it or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import connection, transaction

from catalog.decimals import format_fixed
from catalog.errors import BadModelFile, BigMove
from catalog.files.model_files import ModelFile, Offer
from catalog.models import LanguageModel, PriceVersion, Provider
from catalog.price_sets import MeterPrice, largest_move
from catalog.rating import METERS, effective_picos
from catalog.services import price_versions

# A price that moves further, up or down, is taken for a slip until somebody says otherwise.
BIGGEST_MOVE = Fraction(3)
# Any number, but the same for every sync: two at once would both publish.
_ONE_SYNC_AT_A_TIME = 7_462_810_001


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sync did to one model."""

    slug: str
    is_new: bool
    is_changed: bool
    published: PriceVersion | None


@dataclass(frozen=True, slots=True)
class Report:
    outcomes: tuple[Outcome, ...]
    # In the database, but in no file: left as they are.
    without_file: tuple[str, ...]


@transaction.atomic
def sync(
    *,
    providers: Mapping[str, str],
    models: Iterable[ModelFile],
    now: datetime,
    biggest_move: Fraction | None = BIGGEST_MOVE,
) -> Report:
    """Write providers and models, and publish a version wherever a price differs from the one in force.

    Repeating it changes nothing. `biggest_move` None lets a price move as far as it likes. Raises
    BadModelFile, PriceRefused, BigMove.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_ONE_SYNC_AT_A_TIME])

    rows = {slug: _write_provider(slug, name) for slug, name in providers.items()}
    outcomes = []
    for model in models:
        if model.provider not in rows:
            raise BadModelFile(model.path, "", f"provider {model.provider} is not in providers.toml")
        outcomes.append(_write(model, rows[model.provider], now, biggest_move))

    written = [outcome.slug for outcome in outcomes]
    without_file = LanguageModel.objects.exclude(slug__in=written).values_list("slug", flat=True)
    return Report(outcomes=tuple(outcomes), without_file=tuple(without_file))


def _write_provider(slug: str, name: str) -> Provider:
    provider, _ = Provider.objects.update_or_create(slug=slug, defaults={"name": name})
    return provider


def _write(model: ModelFile, provider: Provider, now: datetime, biggest_move: Fraction | None) -> Outcome:
    if model.offer is None:
        raise BadModelFile(model.path, "prices", "are missing: write them or run import_official_prices")

    row = LanguageModel.objects.filter(slug=model.slug).first() or LanguageModel(slug=model.slug)
    is_new = row.pk is None
    is_changed = _apply(model, model.offer, provider, row)
    if is_changed:
        row.save()
    published = _publish(model, model.offer, row, now, biggest_move)
    return Outcome(slug=model.slug, is_new=is_new, is_changed=is_changed, published=published)


def _apply(model: ModelFile, offer: Offer, provider: Provider, row: LanguageModel) -> bool:
    fields = {
        "provider_id": provider.pk,
        "name": model.name,
        "description": model.description,
        "context_tokens": offer.context_tokens,
        "max_output_tokens": offer.max_output_tokens,
        "is_active": model.is_active,
        "details": model.details,
    }
    changed = {name for name, value in fields.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, fields[name])
    return bool(changed)


def _publish(
    model: ModelFile, offer: Offer, row: LanguageModel, now: datetime, biggest_move: Fraction | None
) -> PriceVersion | None:
    """Publish the file's prices unless they are what will be in force when they could take effect."""
    has_price = row.price_versions.exists()
    effective_at = price_versions.default_moment(has_price=has_price, now=now)
    if offer.effective_at:
        reaches_to = effective_at if has_price else now - price_versions.REACHES_BACK
        effective_at = max(reaches_to, offer.effective_at)

    before = row.price_versions.filter(effective_at__lte=effective_at).order_by("-effective_at").first()
    if before is not None:
        rates = before.rates.values_list("meter", "price_picos", "official_picos")
        known = {MeterPrice(*rate) for rate in rates}
        if known == set(offer.price_set.prices):
            return None
        _refuse_big_move(model, offer, known, biggest_move)
    return price_versions.publish(
        model_id=row.pk, price_set=offer.price_set, now=now, effective_at=effective_at
    )


def _refuse_big_move(
    model: ModelFile, offer: Offer, known: set[MeterPrice], biggest_move: Fraction | None
) -> None:
    # Effective prices: a cache price that goes away moves to the input price.
    old = {price.meter: price.picos for price in known}
    move = largest_move(
        effective_picos(tuple(old.get(meter) for meter in METERS)), effective_picos(offer.price_set.picos)
    )
    if biggest_move is not None and move is not None and move[1] > biggest_move:
        meter, factor = move
        raise BigMove(
            f"{model.path}: prices.sale.{meter}: moves by a factor of {format_fixed(int(factor * 10), 1)}, "
            f"more than {biggest_move}; pass --allow-big-moves if it is meant"
        )
