"""What a payment buys: the exchange rate and the bonus in force, and the preview that a page shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from billing.errors import BillingError, Unacceptable
from billing.models import BonusPlan, ExchangeRate
from billing.payments import currencies
from billing.payments.names import ProviderName
from catalog.decimals import format_fixed

USD: Final = "USD"
CURRENCIES: Final = {ProviderName.STRIPE: USD, ProviderName.ALIPAY: "CNY"}
_PPM: Final = 1_000_000
_MICROS: Final = 1_000_000


class NoExchangeRate(BillingError):
    code = "no_exchange_rate"
    http_status = 503


@dataclass(frozen=True, slots=True)
class Offer:
    """What `amount_minor` of `currency` buys: USD in nanos, of which `bonus_nanos` come on top."""

    currency: str
    amount_minor: int
    cny_per_usd_micros: int | None
    credit_nanos: int
    bonus_nanos: int
    bonus_expires_days: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one top-up may cost, in the minor unit of `currency`."""

    currency: str
    least_minor: int
    most_minor: int
    presets_minor: tuple[int, ...]


def limits(currency: str) -> Limits:
    least, most = settings.TOP_UP_LEAST_MINOR[currency], settings.TOP_UP_MOST_MINOR[currency]
    presets = (minor for minor in settings.TOP_UP_PRESETS_MINOR[currency] if least <= minor <= most)
    return Limits(currency, least, most, tuple(presets))


def make(*, provider: str, amount_minor: int, now: datetime) -> Offer:
    """What a payment that begins now buys; raises `Unacceptable` beyond the limits, and `NoExchangeRate`."""
    currency = CURRENCIES[ProviderName(provider)]
    bounds = limits(currency)
    if not bounds.least_minor <= amount_minor <= bounds.most_minor:
        raise Unacceptable(
            f"must be from {shown(bounds.least_minor, currency)} to {shown(bounds.most_minor, currency)}"
            f" {currency}",
            code="amount_out_of_range",
            field="amount",
        )

    rate = None if currency == USD else _rate(now)
    credit_nanos = convert(amount_minor, currency, rate)
    plan = plan_in_force(now=now)
    bonus_nanos = bonus_of(plan, credit_nanos)
    expires_days = plan.expires_days if plan and bonus_nanos else None
    return Offer(currency, amount_minor, rate, credit_nanos, bonus_nanos, expires_days)


def convert(amount_minor: int, currency: str, cny_per_usd_micros: int | None) -> int:
    """USD nanos for an amount; at a rate it is rounded down to a nano, so that nothing is given away."""
    nanos = currencies.to_nanos(amount_minor, currency)
    return nanos if cny_per_usd_micros is None else nanos * _MICROS // cny_per_usd_micros


def rate_in_force(*, now: datetime) -> ExchangeRate | None:
    return ExchangeRate.objects.filter(effective_at__lte=now).order_by("-effective_at", "-id").first()


def plan_in_force(*, now: datetime) -> BonusPlan | None:
    return BonusPlan.objects.filter(effective_at__lte=now).order_by("-effective_at", "-id").first()


def bonus_of(plan: BonusPlan | None, credit_nanos: int) -> int:
    """The bonus of the highest tier that the credit reaches, rounded down."""
    reached = [tier for tier in (plan.tiers if plan else ()) if tier["from_nanos"] <= credit_nanos]
    best = max(reached, key=lambda tier: tier["from_nanos"], default=None)
    return 0 if best is None else int(credit_nanos * best["bonus_ppm"] // _PPM)


def shown(amount_minor: int, currency: str) -> str:
    """An amount as people read it: "20.00"."""
    return format_fixed(amount_minor, currencies.places(currency))


def _rate(now: datetime) -> int:
    rate = rate_in_force(now=now)
    if rate is None:
        raise NoExchangeRate("payments in CNY are not offered right now")

    return rate.cny_per_usd_micros
