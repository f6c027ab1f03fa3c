"""Models and prices that the catalogue's tests share."""

from datetime import UTC, datetime

from catalog.models import LanguageModel, Provider
from catalog.price_sets import MeterPrice, PriceSet

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
# What nobody may do to a published price.
CHANGES = [
    "update price_version set source = 'forged'",
    "delete from price_version",
    "truncate price_version cascade",
    "update rate set price_picos = 1",
    "delete from rate",
    "truncate rate",
]


def anthropic() -> Provider:
    return Provider.objects.get_or_create(slug="anthropic", defaults={"name": "Anthropic"})[0]


def sonnet(slug: str = "claude-sonnet-4-6") -> LanguageModel:
    return LanguageModel.objects.create(
        provider=anthropic(),
        slug=slug,
        name="Claude Sonnet 4.6",
        description="A model.",
        context_tokens=1_000_000,
        max_output_tokens=128_000,
    )


def price_set(tokens_in: int = 1_059_000, out: int = 5_295_000, **others: int) -> PriceSet:
    meters = {"input": tokens_in, "output": out, **others}
    return PriceSet(
        prices=tuple(MeterPrice(meter, picos) for meter, picos in meters.items()), source="a test"
    )
