"""The customers, gateways and models of every history, committed once; and which row is whose."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts import key_format
from accounts.models import Customer, Gateway, User
from billing.services import customers, partitions
from catalog import prices
from catalog.models import LanguageModel, PriceVersion, Provider
from catalog.price_sets import MeterPrice, PriceSet
from catalog.rating import METERS
from catalog.services import price_versions
from tests.drills.core import setting
from tests.drills.core.steps import NOBODYS_KEY

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int) -> datetime:
    return _BEGINNING + timedelta(milliseconds=ms)


def request_id(request: int, minted: int) -> UUID:
    """A UUIDv7 of this time that also says the request's number, which orders ids of one millisecond."""
    return UUID(int=minted << 80 | 7 << 76 | request << 64 | 2 << 62)


def request_of(text: str) -> int:
    return int(text[15:18], 16)


def price_set(picos: tuple[int | None, ...]) -> PriceSet:
    priced = [
        MeterPrice(meter, price) for meter, price in zip(METERS, picos, strict=True) if price is not None
    ]
    return PriceSet(tuple(priced), source="drill")


@dataclass
class Stage:
    """Rows by the model's names and numbers, and back."""

    customers: dict[str, UUID] = field(default_factory=dict)
    authors: dict[str, UUID] = field(default_factory=dict)
    gateways: dict[int, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    keys: dict[int, tuple[UUID, bytes]] = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)

    def customer(self, who: str) -> Customer:
        return Customer.objects.get(id=self.customers[who])

    def digest(self, key: int) -> bytes:
        return self.keys[key][1] if key in self.keys else bytes(31) + bytes([NOBODYS_KEY - key & 0xFF])

    def copy(self) -> "Stage":
        """A stage for one history, which adds keys and prices of its own."""
        return Stage(
            self.customers, self.authors, self.gateways, self.models, dict(self.keys), dict(self.prices)
        )


def build() -> Stage:
    """Commit the beginning of all histories."""
    stage = Stage()
    partitions.ensure(now=moment(setting.PARTITIONS_AROUND))
    for number in setting.GATEWAYS:
        stage.gateways[number] = Gateway.objects.create(name=f"gateway-{number}").id
    for number, who in setting.FIRST_KEYS.items():
        new = customers.sign_up(email=f"{who}@example.com", name=who.title(), now=moment(setting.SIGNED_UP))
        stage.customers[who] = new.customer.id
        stage.authors[who] = User.objects.get(email=f"{who}@example.com").id
        stage.keys[number] = new.first_key.key.id, key_format.digest_of(new.first_key.secret)
    _offer_models(stage)
    return stage


def _offer_models(stage: Stage) -> None:
    provider = Provider.objects.create(slug="anthropic", name="Anthropic")
    for slug, model in setting.MODELS.items():
        stage.models[slug] = LanguageModel.objects.create(
            provider=provider,
            slug=slug,
            name=slug.title(),
            description="A model.",
            context_tokens=model.context,
            max_output_tokens=model.most_output,
        ).id
    for number, (slug, picos) in enumerate(setting.PRICES.items()):
        version: PriceVersion = price_versions.publish(
            model_id=stage.models[slug],
            price_set=price_set(picos),
            now=moment(setting.LONG_AGO),
            effective_at=moment(setting.LONG_AGO),
        )
        stage.prices[number] = version.id
    prices.forget()
