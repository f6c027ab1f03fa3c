"""The price list: every model on sale, with the price in force and the next one announced."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from catalog.decimals import format_fixed
from catalog.models import LanguageModel, PriceVersion, Rate
from catalog.price_sets import usd_per_million
from catalog.rating import METERS


@dataclass(frozen=True, slots=True)
class ListedMeter:
    """USD per 1M units as decimal strings; how much less than official in percent, rounded down."""

    price: str
    official_price: str | None
    saving_percent: str | None


@dataclass(frozen=True, slots=True)
class ListedPrice:
    price_version: int
    effective_at: datetime
    meters: dict[str, ListedMeter]


@dataclass(frozen=True, slots=True)
class ListedModel:
    model: str
    name: str
    provider: str
    context_tokens: int
    max_output_tokens: int
    price: ListedPrice | None
    next_price: ListedPrice | None


def list_models(*, now: datetime) -> list[ListedModel]:
    """Return the active models by id; `price` is None for one whose first price is yet to come."""
    versions = PriceVersion.objects.filter(model__is_active=True).prefetch_related("rates")
    in_force = _by_model(versions.filter(effective_at__lte=now).order_by("model_id", "-effective_at"))
    announced = _by_model(versions.filter(effective_at__gt=now).order_by("model_id", "effective_at"))
    models = LanguageModel.objects.filter(is_active=True).select_related("provider").order_by("slug")
    return [
        ListedModel(
            model=model.slug,
            name=model.name,
            provider=model.provider.slug,
            context_tokens=model.context_tokens,
            max_output_tokens=model.max_output_tokens,
            price=in_force.get(model.pk),
            next_price=announced.get(model.pk),
        )
        for model in models.defer("details")
    ]


def _by_model(versions: QuerySet[PriceVersion]) -> dict[int, ListedPrice]:
    """Keep the first version of each model, in the order given."""
    return {version.model_id: _list_price(version) for version in versions.distinct("model_id")}


def _list_price(version: PriceVersion) -> ListedPrice:
    rates = {rate.meter: rate for rate in version.rates.all()}
    return ListedPrice(
        price_version=version.pk,
        effective_at=version.effective_at,
        meters={meter: _list_meter(rates[meter]) for meter in METERS if meter in rates},
    )


def _list_meter(rate: Rate) -> ListedMeter:
    official = rate.official_picos
    if official is None:
        return ListedMeter(usd_per_million(rate.price_picos), None, None)
    tenths = (official - rate.price_picos) * 1000 // official
    return ListedMeter(
        usd_per_million(rate.price_picos), usd_per_million(official), format_fixed(tenths, 1, strip=True)
    )
