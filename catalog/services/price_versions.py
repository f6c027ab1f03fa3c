"""Publishes price versions: announced ahead, never changed, never taken back."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog import price_sets
from catalog.errors import PriceRefused, UnknownModel
from catalog.models import LanguageModel, PriceVersion, Rate
from catalog.price_sets import PriceSet

# Readers may hold a list of versions for part of this time; see catalog.prices.
NOTICE = timedelta(minutes=5)
# As far back as a request id may lie when its usage is reported.
REACHES_BACK = timedelta(days=35)


@transaction.atomic
def publish(
    *, model_id: int, price_set: PriceSet, now: datetime, effective_at: datetime | None = None
) -> PriceVersion:
    """Add a price version of a model, in force from `effective_at`.

    The first version of a model takes effect at once by default, and may reach back as far as usage is
    accepted: so usage of a model that came before its price can be charged. A later one takes effect five
    minutes ahead by default and at the earliest. Raises PriceRefused, UnknownModel.
    """
    price_sets.check(price_set.prices)

    model = LanguageModel.objects.select_for_update(no_key=True).filter(id=model_id).first()
    if model is None:
        raise UnknownModel(f"no model with id {model_id}")

    has_price = model.price_versions.exists()
    effective_at = effective_at or default_moment(has_price=has_price, now=now)
    earliest = now + NOTICE if has_price else now - REACHES_BACK
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


def default_moment(*, has_price: bool, now: datetime) -> datetime:
    """When a version takes effect that names no moment."""
    return now + NOTICE if has_price else now
