"""Publishes price versions: announced ahead, never changed, never taken back."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog import price_sets
from catalog.errors import PriceRefused, UnknownModel
from catalog.models import LanguageModel, PriceVersion, Rate
from catalog.price_sets import PriceSet

# Readers may hold a list of versions for part of this time; see catalog.prices.
NOTICE = timedelta(minutes=5)


@transaction.atomic
def publish(
    *, model_id: int, price_set: PriceSet, now: datetime, effective_at: datetime | None = None
) -> PriceVersion:
    """Add a price version of a model, in force from `effective_at`.

    The first version of a model may take effect at once, which is the default; a later one takes effect
    five minutes ahead by default and at the earliest. Raises PriceRefused, UnknownModel.
    """
    price_sets.check(price_set.prices)

    model = LanguageModel.objects.select_for_update(no_key=True).filter(id=model_id).first()
    if model is None:
        raise UnknownModel(f"no model with id {model_id}")

    earliest = now + NOTICE if model.price_versions.exists() else now
    effective_at = effective_at or earliest
    if effective_at < earliest:
        raise PriceRefused(f"{model.slug}: a price takes effect at {earliest.isoformat()} at the earliest")
    if model.price_versions.filter(effective_at=effective_at).exists():
        raise PriceRefused(f"{model.slug}: another price takes effect at {effective_at.isoformat()} already")

    version = PriceVersion.objects.create(
        model=model,
        effective_at=effective_at,
        created_at=now,
        source=price_set.source,
        official_as_of_date=price_set.official_as_of_date,
        note=price_set.note,
    )
    Rate.objects.bulk_create(
        Rate(
            price_version=version,
            meter=price.meter,
            price_picos=price.picos,
            official_picos=price.official_picos,
        )
        for price in price_set.prices
    )
    return version
