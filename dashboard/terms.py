"""What the top-up page offers: ways to pay, amounts, and what the chosen amount buys."""

from dataclasses import dataclass
from datetime import datetime

from billing.errors import Unacceptable
from billing.models import BonusPlan, ExchangeRate
from billing.payments import currencies, registry
from billing.payments.names import ProviderName
from billing.services.top_ups import offers
from billing.services.top_ups.offers import Limits, Offer
from catalog.decimals import parse_fixed
from dashboard import amounts


@dataclass(frozen=True, slots=True)
class Way:
    """A provider that can be paid with right now."""

    provider: str
    label: str
    currency: str


@dataclass(frozen=True, slots=True)
class Preset:
    """An amount that is one click away, and what it buys."""

    typed: str
    paid: str
    credit_nanos: int
    bonus_nanos: int


@dataclass(frozen=True, slots=True)
class Terms:
    """`typed` is the chosen amount as it was given; `offer` is None where it is no amount that is sold."""

    ways: tuple[Way, ...]
    way: Way
    limits: Limits
    presets: tuple[Preset, ...]
    typed: str
    rate: ExchangeRate | None
    offer: Offer | None
    error: str = ""

    @property
    def paid(self) -> str:
        return amounts.paid(self.offer.amount_minor, self.offer.currency) if self.offer else ""

    @property
    def agreed(self) -> str:
        """What the customer saw, so that nobody pays for other terms than those."""
        return f"{self.offer.credit_nanos}+{self.offer.bonus_nanos}" if self.offer else ""

    @property
    def bounds(self) -> str:
        """The least and the most that is sold, in words."""
        least, most = self.limits.least_minor, self.limits.most_minor
        return f"{amounts.paid(least, self.way.currency)} to {amounts.paid(most, self.way.currency)}"


def find(*, provider: str, typed: str, now: datetime) -> Terms | None:
    """The terms for a provider's name and a typed amount, each empty where nobody chose one yet.

    None where no provider can be paid with.
    """
    rate = offers.rate_in_force(now=now)
    ways = tuple(
        Way(each.name, ProviderName(each.name).label, each.currency)
        for each in registry.available()
        # Without a rate nobody can say what a payment in CNY buys.
        if each.currency == offers.USD or rate is not None
    )
    if not ways:
        return None

    way = next((way for way in ways if way.provider == provider), ways[0])
    limits = offers.limits(way.currency)
    presets = _presets(limits, rate, offers.plan_in_force(now=now))
    typed = typed.strip().lstrip("$¥") or _usual(presets)
    offer, error = _offer(way, typed, now=now)
    return Terms(
        ways, way, limits, presets, typed, None if way.currency == offers.USD else rate, offer, error
    )


def _presets(limits: Limits, rate: ExchangeRate | None, plan: BonusPlan | None) -> tuple[Preset, ...]:
    micros = rate.cny_per_usd_micros if rate is not None and limits.currency != offers.USD else None
    presets = []
    for minor in limits.presets_minor:
        credit_nanos = offers.convert(minor, limits.currency, micros)
        presets.append(
            Preset(
                typed=amounts.typed(minor, limits.currency),
                paid=amounts.paid(minor, limits.currency),
                credit_nanos=credit_nanos,
                bonus_nanos=offers.bonus_of(plan, credit_nanos),
            )
        )
    return tuple(presets)


def _usual(presets: tuple[Preset, ...]) -> str:
    return presets[min(1, len(presets) - 1)].typed if presets else ""


def _offer(way: Way, typed: str, *, now: datetime) -> tuple[Offer | None, str]:
    try:
        minor = parse_fixed(typed, currencies.places(way.currency), 10**10)
    except ValueError:
        return None, "Type an amount in digits, such as 20 or 20.50."
    try:
        return offers.make(provider=way.provider, amount_minor=minor, now=now), ""
    except Unacceptable:
        return None, "That is not an amount we sell."
